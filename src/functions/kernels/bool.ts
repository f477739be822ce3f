/** Comparison of boolean vectors. */
import type { KernelArg } from '../function.ts';
import { type CompareOp, holds, type Kernel } from './compare.ts';
import { allNullBool, boolResult, joinNulls, nullsOf } from './kernel-arg.ts';

/** A kernel for `bool op bool`: four answers, looked up by the two bits. */
export function boolCompareKernel(op: CompareOp): Kernel {
  const answers = Uint8Array.of(
    holds(op, 0) ? 1 : 0,
    holds(op, -1) ? 1 : 0,
    holds(op, 1) ? 1 : 0,
    holds(op, 0) ? 1 : 0,
  );
  return (args, length) => {
    const [left, right] = args as [KernelArg, KernelArg];
    if (isNullConstant(left) || isNullConstant(right)) return allNullBool(length);
    const a = bitsOf(left, length);
    const b = bitsOf(right, length);
    if (a === undefined || b === undefined) return undefined;
    const data = new Uint8Array(length);
    for (let i = 0; i < length; i++) {
      data[i] = answers[((a[i] as number) << 1) | (b[i] as number)] as number;
    }
    return boolResult(data, joinNulls(nullsOf(left), nullsOf(right), length), length);
  };
}

function isNullConstant(arg: KernelArg): boolean {
  return arg.rep === 'constant' && arg.value === null;
}

function bitsOf(arg: KernelArg, length: number): Uint8Array | undefined {
  if (arg.rep === 'bool') return arg.data;
  if (arg.rep !== 'constant') return undefined;
  return new Uint8Array(length).fill(arg.value === true ? 1 : 0);
}
