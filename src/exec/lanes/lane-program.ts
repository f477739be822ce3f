/**
 * Expressions as steps over registers: each step computes some rows of one value with one kernel, from
 * registers that earlier steps have filled. Equal values are computed once.
 */
import { kernels } from '../../kernels/kernels.ts';
import { scratch } from '../../kernels/memory.ts';
import type { Lanes } from '../../vector/lanes.ts';
import type { Batch } from '../../vector/vector.ts';
import type { LaneColumn } from './lane-columns.ts';
import type { RunTruth } from './run-truth.ts';

/** Rows of a register: few enough that a dozen of them stay in the first cache. */
export const BLOCK_ROWS = 1024;
/** Not a power of two, else all registers would fall into the same lines of the cache. */
const REGISTER_BYTES = BLOCK_ROWS * 4 + 128;

/** Numbers of registers. */
export type Register = number;

/** Computes rows [from, from + count) of the batch into a register's first rows. */
export type Step = (address: (register: Register) => number, from: number, count: number) => void;

export interface LaneProgram {
  readonly columns: readonly LaneColumn[];
  readonly runTruths: readonly RunTruth[];
  /** Numbers that fill whole registers, by their register. */
  readonly constants: ReadonlyMap<Register, number>;
  readonly steps: readonly Step[];
  readonly registers: number;
  /** Where the condition holds. */
  readonly condition: Register;
  /** In the order in which they were asked for. */
  readonly outputs: readonly LaneOutput[];
}

/** What one aggregate call takes: the rows of `truth`, and their values. */
export interface LaneOutput {
  readonly truth: Register;
  /** -1 where the call takes no value. */
  readonly value: Register;
  /** Bounds of the register's numbers. */
  readonly low: number;
  readonly high: number;
  readonly scale: LaneScale;
}

/** A register's number stands for (base + number * factor) / divisor. */
export type LaneScale = Pick<Lanes, 'base' | 'factor' | 'divisor'>;

/** Numbers that stand for themselves. */
export const UNSCALED: LaneScale = { base: 0, factor: 1, divisor: 1 };

export function scaledNumber({ base, factor, divisor }: LaneScale, number: number): number {
  return (base + number * factor) / divisor;
}

/** Gets the rows [from, to) of a batch when their registers are filled. */
export type TakeBlock = (
  address: (register: Register) => number,
  from: number,
  count: number,
) => void;

/**
 * Runs a program over a batch of the shape that it was made for. All of it is done at once: the registers
 * are scratch memory, with `tail` bytes behind them for the taker, which `begin` hears of.
 */
export function runProgram(
  program: LaneProgram,
  batch: Batch,
  tail: number,
  begin: (tail: number) => void,
  take: TakeBlock,
): void {
  for (const column of program.columns) column.attach(batch);
  const first = scratch(program.registers * REGISTER_BYTES + tail);
  const address = (register: Register): number => first + register * REGISTER_BYTES;
  for (const [register, value] of program.constants) {
    kernels.fillRows(address(register), 0, BLOCK_ROWS, value);
  }
  begin(address(program.registers));
  for (let from = 0; from < batch.length; from += BLOCK_ROWS) {
    const count = Math.min(BLOCK_ROWS, batch.length - from);
    for (const step of program.steps) step(address, from, count);
    take(address, from, count);
  }
}
