/** Columns of a batch as the registers of a program. */
import type { Batch } from '../../vector/vector.ts';
import { LaneVector } from '../../vector/lane-vector.ts';
import type { Lanes } from '../../vector/lanes.ts';
import { LaneColumn } from './lane-columns.ts';
import type { NumberValue } from './lane-comparisons.ts';
import type { LaneScale, Register } from './lane-program.ts';
import { REGISTER_MAX, Unfit, type Registers } from './registers.ts';

/** Whole doubles are exact up to here, and so must sums over a batch be. */
const EXACT_MAX = 2 ** 53;
const BATCH_ROWS_MAX = 65_536;

/** Numbers with what they stand for. */
export type ScaledValue = NumberValue & { readonly scale: LaneScale };

export class ColumnValues {
  readonly #registers: Registers;
  readonly #batch: Batch;
  readonly #columns = new Map<number, LaneColumn>();

  constructor(registers: Registers, batch: Batch) {
    this.#registers = registers;
    this.#batch = batch;
  }

  get all(): LaneColumn[] {
    return [...this.#columns.values()];
  }

  column(index: number): LaneColumn {
    let column = this.#columns.get(index);
    if (column === undefined) {
      if (LaneVector.rowsOf(this.#batch.columns[index]) === undefined) throw Unfit.error;
      this.#columns.set(index, (column = new LaneColumn(index, this.#batch)));
    }
    return column;
  }

  /** Where a column is not NULL. */
  known(column: LaneColumn): Register {
    if (!column.hasNulls) return this.#registers.all;
    return this.#registers.once(`known ${column.index}`, [], (target) => (address, from, count) => {
      column.readKnown(address(target), from, count);
    });
  }

  /** Whether a column's values fit registers as they are. */
  fits(index: number): boolean {
    return fitsRegister(this.column(index).lanes);
  }

  numbers(index: number): NumberValue {
    const column = this.column(index);
    const { base, factor, bits } = column.lanes;
    const high = base + (2 ** bits - 1) * factor;
    if (!fitsRegister(column.lanes)) throw Unfit.error;
    const register = this.#registers.once(
      `column ${index}`,
      [],
      (target) => (address, from, count) => {
        column.read(address(target), from, count, base, factor);
      },
    );
    return { register, low: base, high, known: this.known(column) };
  }

  /** The lanes themselves, whatever they stand for. */
  scaled(index: number, isExact: boolean): ScaledValue {
    const column = this.column(index);
    const { base, factor, divisor, bits } = column.lanes;
    if (isExact && (Math.abs(base) + 2 ** bits * factor) * BATCH_ROWS_MAX > EXACT_MAX) {
      throw Unfit.error;
    }
    const known = this.known(column);
    const isWide = bits === 32;
    const register = this.#registers.once(`lanes ${index}`, [], (target) => {
      return (address, from, count) => {
        if (isWide) column.readWide(address(target), from, count);
        else column.read(address(target), from, count, 0, 1);
      };
    });
    if (!isWide) {
      return { register, low: 0, high: 2 ** bits - 1, known, scale: { base, factor, divisor } };
    }
    const scale = { base: base + 2 ** 31 * factor, factor, divisor };
    if (Math.abs(base) + 2 ** 32 * factor > EXACT_MAX) throw Unfit.error;
    return { register, low: -(2 ** 31), high: REGISTER_MAX, known, scale };
  }
}

/** Whether a column's lanes can stand for whole numbers of a register. */
function fitsRegister({ base, factor, divisor, bits }: Lanes): boolean {
  const high = base + (2 ** bits - 1) * factor;
  return divisor === 1 && base >= -REGISTER_MAX && high <= REGISTER_MAX;
}
