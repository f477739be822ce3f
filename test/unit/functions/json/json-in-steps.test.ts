/** Every function of json and jsonb gives in steps what it gives in one go, errors included. */
import { describe, expect, it } from 'vitest';
import { finishNow } from '../../../../src/base/steps.ts';
import type { CallInfo, ScalarFunction } from '../../../../src/functions/function.ts';
import { builtinRegistry } from '../../../../src/functions/registry.ts';
import { findCast } from '../../../../src/types/cast.ts';
import { isJsonArray, jsonObject, type JsonNode } from '../../../../src/types/json-node.ts';
import { parseJson } from '../../../../src/types/json-reader.ts';
import { formatJson, formatJsonb } from '../../../../src/types/json-text.ts';
import { Jsonb } from '../../../../src/types/jsonb.ts';
import { PgArray } from '../../../../src/types/pg-array.ts';
import { PgRecord } from '../../../../src/types/pg-record.ts';
import { OID, sqlType, type Oid } from '../../../../src/types/type.ts';
import type { Value } from '../../../../src/types/value.ts';
import { randomSource } from '../../../support/random-source.ts';
import { rounds } from '../../../support/rounds.ts';
import { seedOf } from '../../../support/seed.ts';
import { evalContext } from '../../exec/support.ts';

const seed = seedOf('json in steps');
const random = randomSource(seed);
const below = (n: number): number => Math.floor(random() * n);
const pick = <T>(items: readonly T[]): T => items[below(items.length)]!;

const KEYS = ['a', 'b', 'ab', 'é', 'q"', '0', '1', ''];

function randomNode(depth: number): JsonNode {
  const kind = below(depth === 0 ? 3 : 5);
  if (kind === 0) return pick([...KEYS, 'x'.repeat(50)]);
  if (kind === 1) return parseJson(pick(['0', '1', '1.0', '-7', '1.50', '12345678901234567890']));
  if (kind === 2) return pick([null, true, false]);
  if (kind === 3) return Array.from({ length: below(5) }, () => randomNode(depth - 1));
  return jsonObject(Array.from({ length: below(5) }, () => [pick(KEYS), randomNode(depth - 1)]));
}

/** Something of tens of thousands of characters. */
function largeNode(): JsonNode {
  const count = 3000 + below(3000);
  const some = Array.from({ length: 50 }, () => randomNode(2));
  switch (below(4)) {
    case 0:
      return Array.from({ length: count }, (_, i) =>
        below(2) === 0 ? parseJson(`${i}`) : pick(some),
      );
    case 1:
      return jsonObject(Array.from({ length: count }, (_, i) => [`k${i}`, pick(some)]));
    case 2:
      return jsonObject([
        ...KEYS.map((key): [string, JsonNode] => [key, pick(some)]),
        ['a', largeNode()],
      ]);
    default:
      return 'long "text"\n'.repeat(count);
  }
}

let last: JsonNode = null;

/** Mostly small; now and then the one before, or that with a little change. */
function randomDocument(): JsonNode {
  const kind = below(10);
  if (kind === 0 && isJsonArray(last) && last.length > 0)
    last = last.with(below(last.length), 'other');
  else if (kind > 1) last = kind < 7 ? randomNode(3) : largeNode();
  return last;
}

function valueOf(oid: Oid): Value {
  switch (oid) {
    case OID.jsonb: {
      const node = randomDocument();
      return below(2) === 0 ? new Jsonb(node) : Jsonb.ofText(formatJson(node));
    }
    case OID.json:
      return ` ${formatJson(randomDocument()).replaceAll(', ', ' ,')}`;
    case OID.int4:
      return pick([0, 1, -1, 2, 4000, -3]);
    case OID.bool:
      return below(2) === 0;
    case OID.textArray:
      return new PgArray(
        OID.text,
        Array.from({ length: below(4) }, () =>
          below(12) === 0 ? null : pick([...KEYS, 'k7', '40']),
        ),
      );
    default:
      return pick([...KEYS, 'k7', 'k4000', 'return_target', 'delete_key']);
  }
}

/** Values that become json: arrays, rows and texts. */
function anyValue(depth = 1): { readonly oid: Oid; readonly value: Value } {
  const length = below(4) === 0 ? 4000 + (below(2) === 0 ? 0 : 1) : below(5);
  const isSquare = length % 2 === 0 && length > 0 && below(2) === 0;
  const shape = isSquare ? [length / 2, 2] : undefined;
  switch (below(depth === 0 ? 4 : 5)) {
    case 0: {
      const numbers = Array.from({ length }, (_, i) => (below(9) === 0 ? null : i));
      return { oid: 1007, value: new PgArray(OID.int4, numbers, shape) };
    }
    case 1: {
      const texts = Array.from({ length }, () =>
        below(50) === 0 ? 'y'.repeat(20_000) : pick(KEYS),
      );
      return { oid: OID.textArray, value: new PgArray(OID.text, texts, shape) };
    }
    case 2:
      return { oid: OID.text, value: pick(KEYS).repeat(below(2) === 0 ? 1 : 30_000) };
    case 3:
      return { oid: pick([OID.json, OID.jsonb]), value: null };
    default: {
      const fields = Array.from({ length: 1 + below(3) }, () => anyValue(0));
      const values = fields.map(({ oid, value }) => (value === null ? valueOf(oid) : value));
      const names = fields.map((_, i) => pick(['a', 'b', `c${i}`]));
      return {
        oid: OID.record,
        value: new PgRecord(
          fields.map(({ oid }) => sqlType(oid)),
          names,
          values,
        ),
      };
    }
  }
}

const ANY: ReadonlySet<Oid> = new Set([OID.anyelement, OID.anyarray, OID.record]);

function randomCase(fn: ScalarFunction): {
  readonly args: readonly Value[];
  readonly call: CallInfo;
} {
  const argTypes: Oid[] = [];
  const args = fn.argTypes.map((declared): Value => {
    let { oid, value } = { oid: declared, value: null as Value };
    if (ANY.has(declared)) {
      const fits = (each: Value): boolean =>
        declared === OID.anyarray
          ? each instanceof PgArray
          : declared === OID.record
            ? each instanceof PgRecord
            : true;
      do ({ oid, value } = anyValue());
      while (!fits(value));
    }
    argTypes.push(oid);
    if (!fn.strict && below(12) === 0) return null;
    return value ?? valueOf(oid);
  });
  const call = {
    argTypes: argTypes.map((oid) => sqlType(oid)),
    returnType: sqlType(fn.returnType),
  };
  return { args, call };
}

function outcome(run: () => Value): unknown {
  try {
    const value = run();
    return value instanceof Jsonb ? formatJsonb(value) : value;
  } catch (error) {
    return `error: ${(error as Error).message}`;
  }
}

/** A document of its own for each way: one that was read remembers. */
const fresh = (args: readonly Value[]): readonly Value[] =>
  args.map((arg) => {
    if (!(arg instanceof Jsonb)) return arg;
    return arg.text === undefined ? new Jsonb(arg.node) : Jsonb.ofText(arg.text);
  });

const JSON_TYPES: ReadonlySet<Oid> = new Set([OID.json, OID.jsonb]);
const stepped: [string, ScalarFunction][] = [];
const add = (name: string, fn: ScalarFunction): void => {
  const isJson = [...fn.argTypes, fn.returnType].some((oid) => JSON_TYPES.has(oid));
  if (fn.inSteps !== undefined && isJson) stepped.push([`${name}(${fn.argTypes.join()})`, fn]);
};
for (const fn of builtinRegistry.all()) if (fn.kind === 'scalar') add(fn.name, fn);
for (const { name, fn } of builtinRegistry.allOperators()) add(`operator ${name}`, fn);

describe(`functions of json in steps (SEED=${seed})`, () => {
  it.each(stepped)('%s', (_name, fn) => {
    for (let round = 0; round < rounds(4); round++) {
      const { args, call } = randomCase(fn);
      const expected = outcome(() => fn.evaluate(fresh(args), evalContext, call));
      const given = outcome(() => finishNow(fn.inSteps!(fresh(args), evalContext, call)));
      expect(given).toEqual(expected);
    }
  });

  it.each([
    [OID.text, OID.json],
    [OID.text, OID.jsonb],
    [OID.json, OID.jsonb],
    [OID.jsonb, OID.json],
    [OID.jsonb, OID.text],
  ])('the cast from %d to %d', (from, to) => {
    const { convert } = findCast(from, to)!;
    for (let round = 0; round < rounds(4); round++) {
      const text = valueOf(OID.json) as string;
      const value = from === OID.jsonb ? valueOf(from)! : below(3) === 0 ? text.slice(0, -1) : text;
      const [one] = fresh([value]);
      const expected = outcome(() => convert(one!, -1, evalContext.format, true));
      const steps = convert.inSteps!(value, -1, evalContext.format, true);
      expect(outcome(() => finishNow(steps))).toEqual(expected);
    }
  });
});
