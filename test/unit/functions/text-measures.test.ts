/** Functions of a text's bytes against the same of the string, from dictionaries of either kind. */
import fc from '../../support/fast-check.ts';
import { expect, it } from 'vitest';
import { applyFunction } from '../../../src/exec/expr/call.ts';
import type { ScalarFunction } from '../../../src/functions/function.ts';
import { textFunctions } from '../../../src/functions/scalar/text.ts';
import { OID, sqlType } from '../../../src/types/type.ts';
import { StringDictionary } from '../../../src/vector/string-dictionary.ts';
import { TextTable } from '../../../src/vector/text-table.ts';
import { valueAt, type TextVector, type Vector } from '../../../src/vector/vector.ts';
import { TEXT, testContext } from '../exec/support.ts';

const INT4 = sqlType(OID.int4);
const CALL = { argTypes: [TEXT], returnType: INT4 };
const measures = textFunctions.filter(({ ofBytes }) => ofBytes !== undefined);

const character = fc.oneof(
  fc.constantFrom('a', ' ', 'é', '€', '𝄞', '\u0300'),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 2 }),
);
const text = fc.array(character, { maxLength: 120 }).map((parts) => parts.join(''));

it('gives the same', () => {
  expect(measures.map(({ name }) => name)).toContain('length');
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 20 }), fc.nat(), (texts, seed) => {
      const table = new TextTable();
      const codes = Int32Array.from(texts, (each) => table.add(each));
      const nulls = Uint8Array.from(texts, (_, i) => Number((i + seed) % 5 === 0));
      const shape = { rep: 'text', type: TEXT, length: texts.length, nulls } as const;
      const ofBytes: TextVector = { ...shape, codes, dictionary: table.snapshot() };
      const ofStrings: TextVector = {
        ...shape,
        codes: Int32Array.from(texts, (_, i) => i),
        dictionary: new StringDictionary(texts),
      };
      for (const fn of measures) {
        // What the first statement has found serves the second.
        for (const vector of [ofBytes, ofStrings, ofBytes]) {
          expect(valuesOf(fn, vector)).toEqual(
            texts.map((each, i) =>
              nulls[i] === 1 ? null : fn.evaluate([each], testContext().eval, CALL),
            ),
          );
        }
      }
    }),
  );
});

function valuesOf(fn: ScalarFunction, vector: TextVector): unknown[] {
  const result = applyFunction(fn, CALL, INT4, [vector], vector.length, testContext());
  return Array.from({ length: vector.length }, (_, i) => valueAt(result as Vector, i));
}
