/** Comparisons of registers, and of lanes where they lie: a bound of the values is a bound of the lanes. */
import { kernels } from '../../kernels/kernels.ts';
import type { CombineRows } from '../../kernels/register-kernels.ts';
import { laneFrom } from '../../vector/lanes.ts';
import type { Comparison } from '../predicate-compare.ts';
import type { LaneColumn } from './lane-columns.ts';
import type { Register } from './lane-program.ts';
import type { Registers } from './registers.ts';

/** Numbers, and where they are not NULL. */
export interface NumberValue {
  readonly register: Register;
  readonly low: number;
  readonly high: number;
  readonly known: Register;
}

/** Where a condition is true and where it is false; it is NULL elsewhere. */
export interface TruthValue {
  readonly yes: Register;
  readonly no: Register;
}

/** A column's values beside a number. */
export function lanesWithin(
  registers: Registers,
  column: LaneColumn,
  known: Register,
  comparison: Comparison,
  value: number,
): TruthValue {
  const from = laneFrom(column.lanes, value, false);
  const above = laneFrom(column.lanes, value, true);
  const end = 2 ** column.lanes.bits;
  const truth = (low: number, high: number): TruthValue => {
    const yes = laneRange(registers, column, known, low, high);
    return { yes, no: registers.andNot(known, yes) };
  };
  switch (comparison) {
    case '<':
      return truth(0, from);
    case '<=':
      return truth(0, above);
    case '>':
      return truth(above, end);
    case '>=':
      return truth(from, end);
    case '=':
      return truth(from, above);
    case '<>': {
      const { yes, no } = truth(from, above);
      return { yes: no, no: yes };
    }
  }
}

/** Where the column is known and its lanes are in [low, high). */
function laneRange(
  registers: Registers,
  column: LaneColumn,
  known: Register,
  low: number,
  high: number,
): Register {
  if (low >= high) return registers.none;
  if (low === 0 && high === 2 ** column.lanes.bits) return known;
  const name = `within ${column.index} ${low} ${high}`;
  const inside = registers.once(name, [], (target) => (address, from, count) => {
    column.between(address(target), from, count, low, high - 1);
  });
  return registers.and(inside, known);
}

export function compareNumbers(
  registers: Registers,
  comparison: Comparison,
  a: NumberValue,
  b: NumberValue,
): TruthValue {
  const known = registers.and(a.known, b.known);
  const { kernel, isSwapped } = COMPARED[comparison];
  const [left, right] = isSwapped ? [b.register, a.register] : [a.register, b.register];
  const holds = registers.combine(kernel.name, kernel, left, right);
  const yes = registers.and(holds, known);
  return { yes, no: registers.andNot(known, yes) };
}

/** The kernel of each comparison, and whether it takes the operands the other way round. */
const COMPARED: Readonly<
  Record<Comparison, { readonly kernel: CombineRows; readonly isSwapped: boolean }>
> = {
  '=': { kernel: kernels.equalRows, isSwapped: false },
  '<>': { kernel: kernels.notEqualRows, isSwapped: false },
  '<': { kernel: kernels.lessRows, isSwapped: false },
  '<=': { kernel: kernels.lessOrEqualRows, isSwapped: false },
  '>': { kernel: kernels.lessRows, isSwapped: true },
  '>=': { kernel: kernels.lessOrEqualRows, isSwapped: true },
};
