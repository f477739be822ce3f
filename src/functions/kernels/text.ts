/**
 * Predicates over text vectors. A dictionary entry is tested once and only if a row uses it, so a
 * predicate over a column with few distinct values costs one table look-up a row.
 */
import type { Dictionary } from '../../vector/dictionary.ts';
import type { TextVector, Vector } from '../../vector/vector.ts';
import type { KernelArg } from '../function.ts';
import { type CompareOp, FLIPPED, holds, type Kernel } from './compare.ts';
import { allNullBool, boolResult, joinNulls } from './kernel-arg.ts';

const UNKNOWN = 2;

/** Tells of an entry of a dictionary. */
export type EntryTest = (dictionary: Dictionary, code: number) => boolean;

/** Tests each row's text, each dictionary entry at most once. */
export function testDictionary(column: TextVector, length: number, test: EntryTest): Vector {
  const { codes, dictionary, nulls } = column;
  const data = new Uint8Array(length);
  if (dictionary.length > 4 * length) {
    for (let i = 0; i < length; i++) {
      if (nulls !== undefined && nulls[i] === 1) continue;
      data[i] = test(dictionary, codes[i] as number) ? 1 : 0;
    }
    return boolResult(data, nulls, length);
  }
  const answers = new Uint8Array(dictionary.length).fill(UNKNOWN);
  for (let i = 0; i < length; i++) {
    if (nulls !== undefined && nulls[i] === 1) continue;
    const code = codes[i] as number;
    let answer = answers[code] as number;
    if (answer === UNKNOWN) {
      answer = test(dictionary, code) ? 1 : 0;
      answers[code] = answer;
    }
    data[i] = answer;
  }
  return boolResult(data, nulls, length);
}

type Compare = (a: string, b: string) => number;
/** Compares a dictionary's entry with a string. */
type CompareEntry = (dictionary: Dictionary, code: number, text: string) => number;

/** A kernel for `text op text` by a three-way comparison of strings. */
export function textCompareKernel(
  op: CompareOp,
  compare: Compare,
  compareWith: CompareEntry = (dictionary, code, text) => compare(dictionary.at(code), text),
): Kernel {
  const flipped = FLIPPED[op];
  return (args, length) => {
    const [left, right] = args as [KernelArg, KernelArg];
    if (left.rep === 'text' && right.rep === 'constant') {
      return againstConstant(op, compareWith, left, right.value, length);
    }
    if (left.rep === 'constant' && right.rep === 'text') {
      return againstConstant(flipped, compareWith, right, left.value, length);
    }
    if (left.rep !== 'text' || right.rep !== 'text') return undefined;
    const nulls = joinNulls(left.nulls, right.nulls, length);
    const data = new Uint8Array(length);
    for (let i = 0; i < length; i++) {
      if (nulls !== undefined && nulls[i] === 1) continue;
      const a = left.dictionary.at(left.codes[i] as number);
      const b = right.dictionary.at(right.codes[i] as number);
      data[i] = holds(op, compare(a, b)) ? 1 : 0;
    }
    return boolResult(data, nulls, length);
  };
}

function againstConstant(
  op: CompareOp,
  compare: CompareEntry,
  column: TextVector,
  constant: unknown,
  length: number,
): Vector | undefined {
  if (constant === null) return allNullBool(length);
  if (typeof constant !== 'string') return undefined;
  return testDictionary(column, length, (dictionary, code) =>
    holds(op, compare(dictionary, code, constant)),
  );
}

/** A kernel for predicates like LIKE whose right argument compiles to a test. */
export function patternKernel(compile: (pattern: string) => (text: string) => boolean): Kernel {
  return (args, length) => {
    const [left, right] = args as [KernelArg, KernelArg];
    if (left.rep !== 'text' || right.rep !== 'constant') return undefined;
    if (right.value === null) return allNullBool(length);
    if (typeof right.value !== 'string') return undefined;
    const test = compile(right.value);
    return testDictionary(left, length, (dictionary, code) => test(dictionary.at(code)));
  };
}
