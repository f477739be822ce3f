/** Results kept by dictionary entry, held against calling the function for each row. */
import { describe, expect, it } from 'vitest';
import { applyFunction } from '../../../../src/exec/expr/call.ts';
import type { CallInfo, ScalarFunction } from '../../../../src/functions/function.ts';
import { OID, sqlType, type SqlType } from '../../../../src/types/type.ts';
import type { Value } from '../../../../src/types/value.ts';
import { valueAt, type TextVector } from '../../../../src/vector/vector.ts';
import { randomSource, scalar, TEXT, testContext } from '../support.ts';
import { StringDictionary } from '../../../../src/vector/string-dictionary.ts';
import { printedSeed } from '../../../support/seed.ts';
import { rounds } from '../../../support/rounds.ts';

interface Case {
  readonly type: SqlType;
  readonly fn: ScalarFunction;
}

const text = (value: Value): string => value as string;
const cases: readonly Case[] = [
  { type: sqlType(OID.int4), fn: scalar('length', ([a]) => text(a).length) },
  { type: sqlType(OID.int8), fn: scalar('wide', ([a]) => (text(a) === 't3' ? 2n ** 60n : 7)) },
  { type: sqlType(OID.bool), fn: scalar('even', ([a]) => text(a).length % 2 === 0) },
  {
    type: sqlType(OID.float8),
    fn: scalar('odd', ([a]) => [NaN, -0, Infinity, null, 0.5][text(a).length % 5]),
  },
  {
    type: sqlType(OID.int4),
    fn: scalar('least', ([a]) => [-(2 ** 31), 2 ** 31 - 1, null, 0][text(a).length % 4]),
  },
  { type: sqlType(OID.date), fn: scalar('day', ([a]) => (text(a).endsWith('2') ? -Infinity : 3)) },
  { type: TEXT, fn: scalar('last', ([a, b]) => text(a).slice(-1) + text(b)) },
  { type: TEXT, fn: scalar('some', ([a]) => (text(a).endsWith('1') ? null : text(a).slice(1))) },
  { type: TEXT, fn: scalar('or_none', ([a]) => `${String(a)}!`, { strict: false }) },
  {
    type: sqlType(OID.int4),
    fn: scalar('count', ([a]) => (a === null ? -1 : 1), { strict: false }),
  },
];

function rowsOf(vector: TextVector, { fn }: Case, constant: Value): Value[] {
  return Array.from({ length: vector.length }, (_, row) => {
    const value = valueAt(vector, row);
    if (fn.strict && value === null) return null;
    return fn.evaluate([value, constant], testContext().eval, {} as CallInfo);
  });
}

describe('results by dictionary entry', () => {
  it('are those of the rows', () => {
    const seed = printedSeed('entry results');
    const random = randomSource(seed);
    for (let round = 0; round < rounds(80); round++) {
      const one = cases[random(cases.length)];
      const call: CallInfo = { argTypes: [TEXT, TEXT], returnType: one.type };
      const context = testContext();
      const origin = {};
      const isGrowing = random(2) === 0;
      let entries = Array.from({ length: 1 + random(400) }, (_, i) => `t${i}`);
      for (let batch = 0; batch < 6; batch++) {
        if (isGrowing && random(2) === 0) {
          entries = [
            ...entries,
            ...Array.from({ length: 9 }, (_, i) => `more ${entries.length + i}`),
          ];
        }
        const dictionary = isGrowing
          ? new StringDictionary(entries, origin, true)
          : new StringDictionary(entries);
        const length = random(60);
        const nulls =
          random(2) === 0 ? undefined : Uint8Array.from({ length }, () => Number(random(4) === 0));
        const codes = Int32Array.from({ length }, () => random(entries.length));
        const vector: TextVector = {
          rep: 'text',
          type: TEXT,
          length,
          codes,
          dictionary,
          nulls,
        };
        const constant = random(5) === 0 ? 'x' : 'y';
        const args = [vector, { rep: 'constant', type: TEXT, value: constant }] as const;
        const result = applyFunction(one.fn, call, one.type, args, length, context);
        if (result.rep === 'constant') throw new Error('constant');
        const found = Array.from({ length }, (_, row) => valueAt(result, row));
        expect(found, `seed ${seed} round ${round} ${one.fn.name}`).toEqual(
          rowsOf(vector, one, constant),
        );
      }
    }
  });

  it('are computed once', () => {
    let calls = 0;
    const fn = scalar('counted', ([a]) => {
      calls++;
      return text(a);
    });
    const call: CallInfo = { argTypes: [TEXT], returnType: TEXT };
    const context = testContext();
    const dictionary = new StringDictionary(Array.from({ length: 500 }, (_, i) => `t${i}`));
    for (let batch = 0; batch < 10; batch++) {
      const codes = Int32Array.from({ length: 100 }, (_, i) => i);
      const vector: TextVector = {
        rep: 'text',
        type: TEXT,
        length: 100,
        codes,
        dictionary,
        nulls: undefined,
      };
      applyFunction(fn, call, TEXT, [vector], 100, context);
    }
    expect(calls).toBe(100);
  });
});
