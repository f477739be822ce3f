/** Functions that make texts out of a text's bytes, against the same of the string. */
import fc from '../../support/fast-check.ts';
import { describe, expect, it } from 'vitest';
import { applyFunction } from '../../../src/exec/expr/call.ts';
import type { KernelArg, ScalarFunction } from '../../../src/functions/function.ts';
import { regexFunctions } from '../../../src/functions/scalar/regex-functions.ts';
import { textFunctions } from '../../../src/functions/scalar/text.ts';
import { OID, sqlType } from '../../../src/types/type.ts';
import type { Value } from '../../../src/types/value.ts';
import { TextTable } from '../../../src/vector/text-table.ts';
import { valueAt, type TextVector } from '../../../src/vector/vector.ts';
import { TEXT, testContext } from '../exec/support.ts';
import { rounds } from '../../support/rounds.ts';

const functions = [...textFunctions, ...regexFunctions].filter(
  ({ onBytes }) => onBytes !== undefined,
);

const character = fc.oneof(
  fc.constantFrom('a', 'b', 'A', 'Z', '[', '@', '`', ' ', '.', '1', '\n', 'é', 'ß', '€', '𝄞', 'İ'),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 2 }),
);
const ascii = fc.string({
  unit: fc.constantFrom('a', 'b', 'A', '.', '1', '\n', '\\'),
  maxLength: 14,
});
const text = fc.oneof(
  ascii,
  fc.array(character, { maxLength: 80 }).map((parts) => parts.join('')),
);
const short = fc.oneof(
  text,
  fc.array(character, { maxLength: 2 }).map((parts) => parts.join('')),
);
const number = fc.oneof(fc.integer({ min: -5, max: 90 }), fc.integer());

const PARTS = [
  'a',
  '[ab]',
  '.',
  '\\.',
  '(?:ab)?',
  'a??',
  '(b)',
  '(a*)',
  '([^b]+)',
  '([^a]+?)',
  '(a?.)',
];
const PARTS_TOO = ['.*', '.*?', '\\d', '(', '\\w+', '(a|b)', '(a*)(b*)', '(?:b.)??', '(é?)'];
const pattern = fc
  .array(fc.constantFrom(...PARTS, ...PARTS_TOO), { maxLength: 5 })
  .map((parts) => `^${parts.join('')}$`);
const replacement = fc
  .array(fc.constantFrom('\\1', '\\2', '\\&', 'é', '-', '\\\\', '\\'), { maxLength: 4 })
  .map((parts) => parts.join(''));
const flags = fc.constantFrom('', 'g', 'i', 'gi', 'n', '3', 'q');

function constantsOf(fn: ScalarFunction): fc.Arbitrary<Value[]> {
  if (fn.name === 'regexp_replace') {
    return fc.tuple(pattern, replacement, flags).map((all) => all.slice(0, fn.argTypes.length - 1));
  }
  return fc.tuple(...fn.argTypes.slice(1).map((oid) => (oid === OID.text ? short : number)));
}

describe('functions on bytes', () => {
  it('are there', () => {
    const names = functions.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['lower', 'substr', 'replace', 'regexp_replace']));
  });

  it.each(functions.map((fn) => [`${fn.name} of ${fn.argTypes.length}`, fn] as const))(
    'give the same: %s',
    (_name, fn) => {
      fc.assert(
        fc.property(
          fc.array(text, { minLength: 1, maxLength: 12 }),
          constantsOf(fn),
          (texts, constants) => {
            const wanted = outcome(() =>
              texts.map((each) =>
                fn.evaluate([each, ...constants], testContext().eval, callOf(fn)),
              ),
            );
            expect(outcome(() => valuesOf(fn, texts, constants))).toEqual(wanted);
          },
        ),
        { numRuns: rounds(80) },
      );
    },
  );

  it('leave texts of megabytes as they are', () => {
    const replace = functions.find(({ name }) => name === 'replace')!;
    const long = 'ab'.repeat(600_000);
    expect(valuesOf(replace, [long, 'cab'], ['b', 'éé'])).toEqual([
      long.replaceAll('b', 'éé'),
      'caéé',
    ]);
  });
});

const callOf = (fn: ScalarFunction) => ({
  argTypes: fn.argTypes.map((oid) => sqlType(oid)),
  returnType: TEXT,
});

function outcome(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return (error as Error).message;
  }
}

function valuesOf(
  fn: ScalarFunction,
  texts: readonly string[],
  constants: readonly Value[],
): unknown[] {
  const table = new TextTable();
  const codes = Int32Array.from(texts, (each) => table.add(each));
  const dictionary = table.snapshot();
  const { length } = texts;
  const vector: TextVector = {
    rep: 'text',
    type: TEXT,
    length,
    codes,
    dictionary,
    nulls: undefined,
  };
  const others = constants.map(
    (value, i): KernelArg => ({
      rep: 'constant',
      type: sqlType(fn.argTypes[i + 1]),
      value,
    }),
  );
  const found = applyFunction(fn, callOf(fn), TEXT, [vector, ...others], length, testContext());
  return texts.map((_, row) => (found.rep === 'constant' ? found.value : valueAt(found, row)));
}
