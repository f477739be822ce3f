/** Aggregates that collect values: arrays, strings and json. */
import { concatBytes } from '../../base/bytes.ts';
import { dbError } from '../../errors/db-error.ts';
import { quoteJson } from '../../types/json-text.ts';
import { Jsonb, jsonObject, type JsonNode } from '../../types/jsonb.ts';
import { PgArray } from '../../types/pg-array.ts';
import { PgRecord } from '../../types/pg-record.ts';
import type { Oid } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
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
  finish: (items: readonly T[]) => Value,
  skipNulls = false,
): Accumulator {
  return new StateAccumulator<T[]>({
    type: call.returnType,
    skipNulls,
    create: () => [],
    add(items, args) {
      items.push(read(args));
      return items;
    },
    finish: (items) => (items.length === 0 ? null : finish(items)),
  });
}

function arrayOfArrays(items: readonly PgArray[]): PgArray {
  const first = items[0] as PgArray;
  const values: Value[] = [];
  for (const item of items) {
    const isSameShape =
      item.dimensions.length === first.dimensions.length &&
      item.dimensions.every((length, i) => length === first.dimensions[i]);
    if (!isSameShape) {
      throw dbError(
        'array_subscript_error',
        'cannot accumulate arrays of different dimensionality',
      );
    }
    values.push(...item.values);
  }
  const dimensions = [items.length, ...first.dimensions];
  return new PgArray(first.elementType, values, dimensions, [1, ...first.lowerBounds]);
}

function readArray(value: Value): PgArray {
  if (value === null) throw dbError('null_value_not_allowed', 'cannot accumulate null arrays');
  const array = value as PgArray;
  if (array.values.length === 0) {
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
): Accumulator {
  return new StateAccumulator<Joined<T>>({
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
      parts.length + stretches.length === 0 ? null : join([...stretches, join(parts)]),
  });
}

/** json_agg breaks lines between arrays and rows, but not between scalars. */
function jsonArrayText(items: readonly (readonly [string, boolean])[]): string {
  let text = '';
  items.forEach(([item, isComposite], i) => {
    if (i > 0) text += isComposite ? ', \n ' : ', ';
    text += item;
  });
  return `[${text}]`;
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
  aggregate('array_agg(anyarray) anyarray', (call) =>
    collecting(call, (args) => readArray(args[0] as Value), arrayOfArrays),
  ),
  aggregate('string_agg(text, text) text', (call) =>
    joining<string>(call, '', (parts) => parts.join('')),
  ),
  aggregate('string_agg(bytea, bytea) bytea', (call) =>
    joining<Uint8Array>(call, new Uint8Array(0), concatBytes),
  ),
  aggregate('json_agg(anyelement) json', (call, context) =>
    collecting(
      call,
      ([value]): readonly [string, boolean] => [
        jsonText(argOid(call, 0), value as Value, context),
        value instanceof PgArray || value instanceof PgRecord,
      ],
      jsonArrayText,
    ),
  ),
  aggregate('jsonb_agg(anyelement) jsonb', (call, context) =>
    collecting(
      call,
      ([value]) => jsonNode(argOid(call, 0), value as Value, context),
      (items: readonly JsonNode[]) => new Jsonb(items),
    ),
  ),
  aggregate('json_object_agg(any, any) json', (call, context) =>
    collecting(
      call,
      ([key, value]) =>
        `${quoteJson(memberKey(call, key as Value, context))} : ${jsonText(argOid(call, 1), value as Value, context)}`,
      (members) => `{ ${members.join(', ')} }`,
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
    ),
  ),
];
