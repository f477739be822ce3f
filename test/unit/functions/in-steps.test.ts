/** Every function that takes large values in steps gives in steps what it gives in one go, errors included. */
import { describe, expect, it } from 'vitest';
import { finishNow } from '../../../src/base/steps.ts';
import type { CallInfo, ScalarFunction } from '../../../src/functions/function.ts';
import { builtinRegistry } from '../../../src/functions/registry.ts';
import { PgArray } from '../../../src/types/pg-array.ts';
import { elementTypeOf } from '../../../src/types/type-table.ts';
import { OID, sqlType, type Oid } from '../../../src/types/type.ts';
import type { Value } from '../../../src/types/value.ts';
import { randomSource } from '../../support/random-source.ts';
import { rounds } from '../../support/rounds.ts';
import { seedOf } from '../../support/seed.ts';
import { evalContext } from '../exec/support.ts';

const seed = seedOf('in steps');
const random = randomSource(seed);
const below = (n: number): number => Math.floor(random() * n);
const pick = <T>(items: readonly T[]): T => items[below(items.length)];

const WORDS = [
  'ab',
  'a',
  'é',
  'ß',
  'ΑΣ',
  '😀',
  ' ',
  '  ',
  ',',
  'x1',
  '9',
  '\\',
  '"',
  'NULL',
  '\n',
  '=',
  'YWJj',
  '0f',
];
const PATTERNS = [
  'a',
  '[0-9]+',
  '(a)(b)?',
  ' *',
  '^a',
  'x$',
  '.*',
  '\\mab\\M',
  'é|ß',
  '(?=b).',
  '(a|ab)(c|bcd)?',
  '',
  '\\s+',
  '([^ ]*) +([^ ]*)',
];
const FORMATS = ['hex', 'base64', 'escape', 'Hex', 'rot13'];
const ENCODINGS = ['UTF8', 'latin1', 'sql_ascii', 'none'];

function words(count: number): string {
  const some = Array.from({ length: 1 + below(4) }, () => pick(WORDS));
  return Array.from({ length: count }, () => pick(some)).join('');
}

/** Mostly a few words; now and then more than several pieces have. */
function randomText(): string {
  return words(below(8) === 0 ? 20_000 + below(10_000) : below(12));
}

function randomArray(element: Oid): PgArray {
  const length = below(8) === 0 ? 5000 + below(3000) : below(6);
  const values = Array.from({ length }, () =>
    below(9) === 0 ? null : valueOf(element, () => words(below(3))),
  );
  const isTwoDimensional = length % 2 === 0 && length > 0 && below(3) === 0;
  return new PgArray(element, values, isTwoDimensional ? [length / 2, 2] : undefined);
}

function valueOf(oid: Oid, text: () => string): Value {
  switch (oid) {
    case OID.int4:
      return pick([1, 2, 0, -1, 3, 7, 100]);
    case OID.bytea:
      return new TextEncoder().encode(text());
    case OID.bool:
      return below(2) === 0;
    case OID.name:
      return pick(ENCODINGS);
    default:
      return text();
  }
}

const ELEMENTS = [OID.int4, OID.text, OID.bytea] as const;
const POLYMORPHIC: ReadonlySet<Oid> = new Set([OID.anyarray, OID.anycompatiblearray]);
const POLYMORPHIC_ELEMENT: ReadonlySet<Oid> = new Set([OID.anyelement, OID.anycompatible]);

interface Case {
  readonly args: readonly Value[];
  readonly call: CallInfo;
}

function randomCase(fn: ScalarFunction, isPattern: (position: number) => boolean): Case {
  const element = pick(ELEMENTS);
  const argTypes: Oid[] = [];
  const args = fn.argTypes.map((oid, position): Value => {
    const type = POLYMORPHIC.has(oid)
      ? arrayOf(element)
      : POLYMORPHIC_ELEMENT.has(oid)
        ? element
        : oid;
    argTypes.push(type);
    if (!fn.strict && below(12) === 0) return null;
    const inner = elementTypeOf(type);
    if (inner !== undefined) return randomArray(inner);
    if (isPattern(position)) return pick([...FORMATS, ...PATTERNS, ...PATTERNS, ' ', 'a', 'ba']);
    return valueOf(type, randomText);
  });
  const returnType = POLYMORPHIC.has(fn.returnType) ? arrayOf(element) : fn.returnType;
  return {
    args,
    call: { argTypes: argTypes.map((oid) => sqlType(oid)), returnType: sqlType(returnType) },
  };
}

function arrayOf(element: Oid): Oid {
  return { [OID.int4]: 1007, [OID.text]: 1009, [OID.bytea]: 1001 }[element] as Oid;
}

function outcome(run: () => Value): unknown {
  try {
    return run();
  } catch (error) {
    return `error: ${(error as Error).message}`;
  }
}

const JSON_TYPES: ReadonlySet<Oid> = new Set([OID.json, OID.jsonb]);
const stepped: [string, ScalarFunction][] = [];
const add = (name: string, fn: ScalarFunction): void => {
  const isJson = [...fn.argTypes, fn.returnType].some((oid) => JSON_TYPES.has(oid));
  if (fn.inSteps !== undefined && !isJson) stepped.push([`${name}(${fn.argTypes.join()})`, fn]);
};
for (const fn of builtinRegistry.all()) if (fn.kind === 'scalar') add(fn.name, fn);
for (const { name, fn } of builtinRegistry.allOperators()) add(`operator ${name}`, fn);

describe(`functions in steps (SEED=${seed})`, () => {
  it.each(stepped)('%s', (_name, fn) => {
    for (let round = 0; round < rounds(12); round++) {
      const { args, call } = randomCase(fn, (position) => position > 0 && below(5) > 0);
      const expected = outcome(() => fn.evaluate(args, evalContext, call));
      const given = outcome(() => finishNow(fn.inSteps!(args, evalContext, call)));
      expect(given).toEqual(expected);
    }
  });

  it('stop now and then', () => {
    const text = 'Lorem ipsum '.repeat(20_000);
    for (const name of ['upper', 'lower', 'initcap', 'reverse']) {
      const [, fn] = stepped.find(([key]) => key === `${name}(${OID.text})`)!;
      const steps = fn.inSteps!([text], evalContext, {
        argTypes: [],
        returnType: sqlType(OID.text),
      });
      let count = 0;
      while (steps.next().done !== true) count++;
      expect(count).toBeGreaterThanOrEqual(14);
    }
  });
});
