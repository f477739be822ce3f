/** timestamp +- a constant interval over whole vectors, where the calendar has no say. */
import { MICROS_PER_DAY } from '../../types/datetime/calendar.ts';
import type { Interval } from '../../types/interval.ts';
import type { KernelArg, ScalarFunction } from '../function.ts';
import { f64Result } from '../kernels/kernel-arg.ts';

/**
 * Declines intervals with months, with days where a zone decides how long they are (`zoned`), and
 * results outside the safe integers.
 */
export function shiftKernel(sign: 1 | -1, zoned: boolean): ScalarFunction['kernel'] {
  return (args, length, call) => {
    const [times, span] = args as [KernelArg, KernelArg];
    if (times.rep !== 'f64' || span.rep !== 'constant' || span.value === null) return undefined;
    const { months, days, micros } = span.value as Interval;
    if (months !== 0 || (zoned && days !== 0) || typeof micros === 'bigint') return undefined;
    const shift = sign * (days * MICROS_PER_DAY + micros);
    if (!Number.isSafeInteger(shift)) return undefined;
    const data = new Float64Array(length);
    const source = times.data;
    for (let i = 0; i < length; i++) {
      const shifted = (source[i] as number) + shift;
      if (shifted > Number.MAX_SAFE_INTEGER || shifted < -Number.MAX_SAFE_INTEGER) {
        if (shifted !== Infinity && shifted !== -Infinity) return undefined;
      }
      data[i] = shifted;
    }
    return f64Result(call.returnType, data, times.nulls, length);
  };
}
