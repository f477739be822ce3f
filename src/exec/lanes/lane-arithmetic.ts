/** Arithmetic of registers, where no result can leave its type or divide by zero. */
import { kernels } from '../../kernels/kernels.ts';
import type { CombineRows } from '../../kernels/register-kernels.ts';
import type { NumberValue } from './lane-comparisons.ts';
import type { Arithmetic, NumberTree } from './lane-tree.ts';
import { REGISTER_MAX, Unfit, type Registers } from './registers.ts';

export function computeNumbers(
  registers: Registers,
  { operator, limit, isFloat }: Extract<NumberTree, { kind: 'arithmetic' }>,
  a: NumberValue,
  b: NumberValue,
): NumberValue {
  if (isFloat && operator === '*' && mayBeNegativeZero(a, b)) throw Unfit.error;
  const [low, high] = rangeOf(operator, a, b);
  const most = Math.min(limit, REGISTER_MAX);
  if (low < -most || high > most) throw Unfit.error;
  const register = registers.combine(operator, KERNELS[operator], a.register, b.register);
  return { register, low, high, known: registers.and(a.known, b.known) };
}

const KERNELS: Readonly<Record<Arithmetic, CombineRows>> = {
  '+': kernels.addRows,
  '-': kernels.subtractRows,
  '*': kernels.multiplyRows,
  '/': kernels.divideRows,
  '%': kernels.remainderRows,
};

/** Zero times a negative number is -0, which integers have not. */
function mayBeNegativeZero(a: NumberValue, b: NumberValue): boolean {
  const mayBeZero = ({ low, high }: NumberValue): boolean => low <= 0 && high >= 0;
  return (mayBeZero(a) && b.low < 0) || (mayBeZero(b) && a.low < 0);
}

/** Between which numbers results lie. */
function rangeOf(operator: Arithmetic, a: NumberValue, b: NumberValue): [number, number] {
  switch (operator) {
    case '+':
      return [a.low + b.low, a.high + b.high];
    case '-':
      return [a.low - b.high, a.high - b.low];
    case '*': {
      const ends = [a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high];
      return [Math.min(...ends), Math.max(...ends)];
    }
    default: {
      // Some row might be divided by zero.
      if (b.low <= 0 && b.high >= 0) throw Unfit.error;
      const most = Math.max(Math.abs(a.low), Math.abs(a.high));
      return a.low >= 0 && b.low > 0 ? [0, most] : [-most, most];
    }
  }
}
