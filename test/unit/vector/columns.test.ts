import { describe, expect, it } from 'vitest';
import { OID } from '../../../src/types/type.ts';
import { concat } from '../../../src/vector/concat.ts';
import type { Dictionary } from '../../../src/vector/dictionary.ts';
import { StringDictionary } from '../../../src/vector/string-dictionary.ts';
import { gather, gatherSteps, sliceWithRuns } from '../../../src/vector/gather.ts';
import { PartsBuilder } from '../../../src/vector/parts-builder.ts';
import { valueAt, vectorFromValues, type Vector } from '../../../src/vector/vector.ts';

const TEXT = { oid: OID.text, typmod: -1 };
const INT = { oid: OID.int4, typmod: -1 };
const NUMERIC = { oid: OID.numeric, typmod: -1 };

const valuesOf = (vector: Vector): unknown[] =>
  Array.from({ length: vector.length }, (_, i) => valueAt(vector, i));

function lastOf<T>(steps: Generator<void, T, void>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

describe('concat', () => {
  it('joins texts that repeat and texts that do not', () => {
    const repeating = Array.from({ length: 10_000 }, (_, i) => (i % 7 === 0 ? null : `t${i % 5}`));
    const distinct = Array.from({ length: 10_000 }, (_, i) => `d${i}`);
    const all = concat(TEXT, [
      vectorFromValues(TEXT, [null, null]),
      vectorFromValues(TEXT, repeating),
      vectorFromValues(TEXT, distinct),
      vectorFromValues(TEXT, repeating),
    ]);
    expect(valuesOf(all)).toEqual([null, null, ...repeating, ...distinct, ...repeating]);
  });
});

describe('gatherSteps', () => {
  it.each([
    ['numbers', INT, (i: number) => (i % 11 === 0 ? null : i)],
    ['texts', TEXT, (i: number) => (i % 11 === 0 ? null : `t${i}`)],
    ['other values', NUMERIC, (i: number) => (i % 11 === 0 ? null : BigInt(i))],
  ])('gathers %s as gather does', (_name, type, valueOf) => {
    const vector = vectorFromValues(
      type,
      Array.from({ length: 1000 }, (_, i) => valueOf(i)) as never[],
    );
    const selection = Int32Array.from({ length: 200_000 }, (_, i) => (i * 7919) % 1000);
    expect(valuesOf(lastOf(gatherSteps(vector, selection)))).toEqual(
      valuesOf(gather(vector, selection)),
    );
  });
});

describe('sliceWithRuns', () => {
  it('keeps what a slice holds of the runs', () => {
    const batch = {
      columns: [vectorFromValues(INT, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])],
      length: 10,
      runs: { starts: Int32Array.of(0, 3, 4, 8), constantColumns: [], timeColumn: 0 },
    };
    const starts = (from: number, to: number): number[] => [
      ...(sliceWithRuns(batch, from, to).runs?.starts ?? []),
    ];
    expect(starts(0, 10)).toEqual([0, 3, 4, 8]);
    expect(starts(0, 3)).toEqual([0]);
    expect(starts(0, 4)).toEqual([0, 3]);
    expect(starts(3, 9)).toEqual([0, 1, 5]);
    expect(starts(5, 7)).toEqual([0]);
    expect(valuesOf(sliceWithRuns(batch, 3, 5).columns[0])).toEqual([3, 4]);
  });
});

describe('PartsBuilder', () => {
  it('makes parts of the wanted length', () => {
    const builder = new PartsBuilder(TEXT, 4);
    const values = Array.from({ length: 10 }, (_, i) => (i === 4 ? null : `t${i}`));
    for (const value of values) builder.append(value);
    const parts = builder.finish();
    expect(parts.map(({ length }) => length)).toEqual([4, 4, 2]);
    expect(parts.flatMap(valuesOf)).toEqual(values);
    expect(new PartsBuilder(TEXT, 4).finish()).toEqual([]);
  });
});

describe('concat of texts of a dictionary that is known to be distinct', () => {
  const texts = ['', 'a', 'b', 'c'];
  // Strings that come later have codes, too.
  const source = {
    isIndexed: true,
    codeOf(text: string) {
      const code = [...texts, 'later'].indexOf(text);
      return code < 0 ? undefined : code;
    },
  };
  const strings = new StringDictionary(texts, source, true);
  const part = (codes: readonly number[], dictionary: Dictionary): Vector => ({
    rep: 'text',
    type: TEXT,
    length: codes.length,
    codes: Int32Array.from(codes),
    dictionary,
    nulls: codes.includes(0) ? Uint8Array.from(codes, (code) => Number(code === 0)) : undefined,
  });
  it('keeps the dictionary where that has all strings', () => {
    const joined = concat(TEXT, [
      part([2, 0, 3], strings),
      part([0, 1, 2], new StringDictionary(['x?', 'c', 'a'])),
    ]);
    expect(valuesOf(joined)).toEqual(['b', null, 'c', null, 'c', 'a']);
    const all = concat(TEXT, [
      part([1, 1], new StringDictionary(['b', 'a'])),
      part([3, 0, 2], strings),
    ]);
    expect(valuesOf(all)).toEqual(['a', 'a', 'c', null, 'b']);
    expect(all.rep === 'text' && all.dictionary).toBe(strings);
  });

  it('does not where one is missing', () => {
    for (const other of ['new', 'later']) {
      const others = new StringDictionary(['', other, 'a']);
      const joined = concat(TEXT, [part([3, 1], strings), part([1, 2], others)]);
      expect(valuesOf(joined)).toEqual(['c', 'a', other, 'a']);
    }
  });
});
