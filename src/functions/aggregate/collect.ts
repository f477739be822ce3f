/** Aggregates that collect values: arrays, strings and json. */
import { concatBytes } from '../../base/bytes.ts';
import { dbError } from '../../errors/db-error.ts';
import { jsonObjectSteps } from '../../types/json-members.ts';
import { quoteJson } from '../../types/json-quote.ts';
import { jsonObject, type JsonNode } from '../../types/json-node.ts';
import { Jsonb } from '../../types/jsonb.ts';
import { Parts } from '../../types/parts.ts';
import { PgArray } from '../../types/pg-array.ts';
import { PgRecord } from '../../types/pg-record.ts';
import type { Oid } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import { LongList } from '../../vector/long-list.ts';
import { aggregate } from '../define.ts';
import type { Accumulator, AggregateFunction, CallInfo, EvalContext } from '../function.ts';
import { jsonNode, jsonText, keyText } from '../json/build.ts';
import { StateAccumulator } from './accumulator.ts';

function argOid(call: CallInfo, index: number): Oid {
  return (call.argTypes[index] as { oid: Oid }).oid;
}

/** Collects one thing a row; `finish` is not called for a group without rows, which gives NULL. */
function collecting<T>(
  call: CallInfo,
  read: (args: readonly Value[]) => T,
  finish: (items: Parts<T>) => Value,
  finishSteps?: (items: Parts<T>) => Generator<void, Value, void>,
): Accumulator {
  return new StateAccumulator<LongList<T>>({
    type: call.returnType,
    skipNulls: false,
    create: () => new LongList<T>(),
    add(items, args) {
      items.push(read(args));
      return items;
    },
    finish: (items) => (items.length === 0 ? null : finish(items.snapshot())),
    *finishSteps(items) {
      if (items.length === 0) return null;
      const all = items.snapshot();
      return finishSteps === undefined ? finish(all) : yield* finishSteps(all);
    },
  });
}

interface ArrayRows {
  first: PgArray | undefined;
  /** The values of each row's array. */
  readonly rows: (readonly Value[])[];
  length: number;
}

/** Arrays of one shape become an array with one more dimension. */
function arrayOfArrays(call: CallInfo): Accumulator {
  return new StateAccumulator<ArrayRows>({
    type: call.returnType,
    skipNulls: false,
    create: () => ({ first: undefined, rows: [], length: 0 }),
    add(state, args) {
      const array = readArray(args[0] as Value);
      state.first ??= array;
      if (!isSameShape(array, state.first)) {
        throw dbError(
          'array_subscript_error',
          'cannot accumulate arrays of different dimensionality',
        );
      }
      state.rows.push(array.values);
      state.length += array.values.length;
      return state;
    },
    finish({ first, rows, length }) {
      if (first === undefined) return null;
      const dimensions = [rows.length, ...first.dimensions];
      const bounds = [1, ...first.lowerBounds];
      return new PgArray(first.elementType, new Parts(rows, length), dimensions, bounds);
    },
  });
}

function isSameShape(a: PgArray, b: PgArray): boolean {
  return (
    a.dimensions.length === b.dimensions.length &&
    a.dimensions.every((length, i) => length === b.dimensions[i])
  );
}

function readArray(value: Value): PgArray {
  if (value === null) throw dbError('null_value_not_allowed', 'cannot accumulate null arrays');
  const array = value as PgArray;
  if (array.items.length === 0) {
    throw dbError('array_subscript_error', 'cannot accumulate empty arrays');
  }
  return array;
}

/** What was joined so far in stretches, and the parts since: joining millions at the end takes too long. */
interface Joined<T> {
  readonly stretches: T[];
  parts: T[];
}

const PARTS_MAX = 4_096;

/** The delimiter of the first row is not used. */
function joining<T extends Value>(
  call: CallInfo,
  empty: T,
  join: (parts: readonly T[]) => T,
  joinLong: (stretches: readonly T[]) => T,
  parts?: (state: Joined<T>) => readonly string[],
): Accumulator {
  return new StateAccumulator<Joined<T>>({
    ...(parts === undefined ? {} : { parts }),
    type: call.returnType,
    skipNulls: true,
    create: () => ({ stretches: [], parts: [] }),
    add(state, args) {
      const { stretches, parts } = state;
      if (parts.length > 0 || stretches.length > 0) parts.push((args[1] as T | null) ?? empty);
      parts.push(args[0] as T);
      if (parts.length >= PARTS_MAX) {
        stretches.push(join(parts));
        state.parts = [];
      }
      return state;
    },
    finish: ({ stretches, parts }) =>
      parts.length + stretches.length === 0 ? null : joinLong([...stretches, join(parts)]),
  });
}

function allParts({ stretches, parts }: Joined<string>): readonly string[] {
  return [...stretches, parts.join('')];
}

/** One text of some long ones: the engine copies them when somebody looks at it, if at all. */
function rope(texts: readonly string[]): string {
  let all = '';
  for (const text of texts) all += text;
  return all;
}

/** Texts of one row each, joined between a head and a tail. */
function joiningTexts(
  call: CallInfo,
  read: (args: readonly Value[], isFirst: boolean) => string,
  head: string,
  tail: string,
): Accumulator {
  return new StateAccumulator<Joined<string>>({
    type: call.returnType,
    skipNulls: false,
    create: () => ({ stretches: [], parts: [] }),
    add(state, args) {
      const { stretches, parts } = state;
      parts.push(read(args, parts.length + stretches.length === 0));
      if (parts.length >= PARTS_MAX) {
        stretches.push(parts.join(''));
        state.parts = [];
      }
      return state;
    },
    finish({ stretches, parts }) {
      if (parts.length + stretches.length === 0) return null;
      return rope([head, ...stretches, parts.join(''), tail]);
    },
    parts: (state) => [head, ...allParts(state), tail],
  });
}

/** json_agg breaks lines between arrays and rows, but not between scalars. */
function jsonSeparator(value: Value): string {
  return value instanceof PgArray || value instanceof PgRecord ? ', \n ' : ', ';
}

function memberKey(call: CallInfo, value: Value, context: EvalContext): string {
  if (value === null) throw dbError('invalid_parameter_value', 'field name must not be null');
  return keyText(argOid(call, 0), value, context);
}

export const collectAggregates: readonly AggregateFunction[] = [
  aggregate('array_agg(anynonarray) anyarray', (call) =>
    collecting(
      call,
      (args) => args[0] as Value,
      (items) => new PgArray(argOid(call, 0), items),
    ),
  ),
  aggregate('array_agg(anyarray) anyarray', arrayOfArrays),
  aggregate('string_agg(text, text) text', (call) =>
    joining<string>(call, '', (parts) => parts.join(''), rope, allParts),
  ),
  aggregate('string_agg(bytea, bytea) bytea', (call) =>
    joining<Uint8Array>(call, new Uint8Array(0), concatBytes, concatBytes),
  ),
  aggregate('json_agg(anyelement) json', (call, context) =>
    joiningTexts(
      call,
      ([value], isFirst) => {
        const text = jsonText(argOid(call, 0), value as Value, context);
        return isFirst ? text : jsonSeparator(value as Value) + text;
      },
      '[',
      ']',
    ),
  ),
  aggregate('jsonb_agg(anyelement) jsonb', (call, context) =>
    collecting(
      call,
      ([value]) => jsonNode(argOid(call, 0), value as Value, context),
      (items: Parts<JsonNode>) => new Jsonb(items),
    ),
  ),
  aggregate('json_object_agg(any, any) json', (call, context) =>
    joiningTexts(
      call,
      ([key, value], isFirst) => {
        const name = quoteJson(memberKey(call, key as Value, context));
        const text = jsonText(argOid(call, 1), value as Value, context);
        return `${isFirst ? '' : ', '}${name} : ${text}`;
      },
      '{ ',
      ' }',
    ),
  ),
  aggregate('jsonb_object_agg(any, any) jsonb', (call, context) =>
    collecting(
      call,
      ([key, value]): readonly [string, JsonNode] => [
        memberKey(call, key as Value, context),
        jsonNode(argOid(call, 1), value as Value, context),
      ],
      (members) => new Jsonb(jsonObject(members)),
      function* (members) {
        return new Jsonb(yield* jsonObjectSteps(members, members.length));
      },
    ),
  ),
];
