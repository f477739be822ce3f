/** SQL values out of JSON: the fields of a row by the keys of an object, arrays by their elements. */
import { liveColumns } from '../../catalog/catalog.ts';
import { dbError, type DbError } from '../../errors/db-error.ts';
import { applyTypmod } from '../../types/apply-typmod.ts';
import { codecFor } from '../../types/codecs.ts';
import { PgArray } from '../../types/pg-array.ts';
import { PgRecord } from '../../types/pg-record.ts';
import { rowTypeCodec } from '../../types/record-codec.ts';
import { elementTypeOf, typeInfo } from '../../types/type-table.ts';
import { OID, sqlType, type Oid, type SqlType } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import type { EvalContext, FunctionColumn } from '../function.ts';
import type { JsonItem } from './json-item.ts';

/** The fields of a row type; undefined where the type is none. */
export function rowTypeColumns(
  oid: Oid,
  context: EvalContext,
): readonly FunctionColumn[] | undefined {
  const relation = context.catalog.relationByRowType(oid);
  if (relation === undefined || !('columns' in relation)) return undefined;
  if ('rowArrayType' in relation && relation.rowArrayType === oid) return undefined;
  return liveColumns(relation).map(({ name, type }) => ({ name, type }));
}

/** The element type of an array; undefined for other types. */
function elementType(oid: Oid, context: EvalContext): Oid | undefined {
  if (oid === OID.int2vector || oid === OID.oidvector) return undefined;
  const relation = typeInfo(oid) === undefined ? context.catalog.relationByRowType(oid) : undefined;
  if (relation === undefined) return elementTypeOf(oid);
  return 'rowArrayType' in relation && relation.rowArrayType === oid ? relation.rowType : undefined;
}

/** The row that an object describes; what it does not name is as in `base`. */
export function fieldValues(
  item: JsonItem,
  columns: readonly FunctionColumn[],
  base: readonly Value[] | undefined,
  context: EvalContext,
): Value[] {
  const members = item.members();
  return columns.map(({ name, type }, i) => {
    const member = members.get(name);
    if (member === undefined) return base?.[i] ?? null;
    return fieldValue(member, type, { name, path: [] }, context);
  });
}

/** Where a value stands, for messages. */
interface Place {
  readonly name: string;
  readonly path: readonly number[];
}

function fieldValue(item: JsonItem, type: SqlType, place: Place, context: EvalContext): Value {
  if (item.kind === 'null') return null;
  const element = elementType(type.oid, context);
  const columns = rowTypeColumns(type.oid, context);
  // A string is read as SQL would read it, also where an array or a row is wanted.
  if (item.kind === 'string' && columns !== undefined) {
    const { types, names } = typesAndNames(columns);
    return rowTypeCodec(types, names).parseText(item.text(), -1, context.format);
  }
  if (item.kind !== 'string') {
    if (columns !== undefined) return record(item, columns, context);
    if (element !== undefined)
      return arrayValue(item, sqlType(element, type.typmod), place, context);
  }
  const isJson = type.oid === OID.json || type.oid === OID.jsonb;
  const inputTypmod = type.oid === OID.interval ? type.typmod : -1;
  const text = isJson ? item.json() : item.text();
  const value = codecFor(type.oid).parseText(text, inputTypmod, context.format);
  return value === null ? null : applyTypmod(type.oid, value, type.typmod, false);
}

function record(
  item: JsonItem,
  columns: readonly FunctionColumn[],
  context: EvalContext,
): PgRecord {
  requireObject(item);
  const { types, names } = typesAndNames(columns);
  return new PgRecord(types, names, fieldValues(item, columns, undefined, context));
}

export function typesAndNames(columns: readonly FunctionColumn[]): {
  readonly types: readonly SqlType[];
  readonly names: readonly string[];
} {
  return { types: columns.map(({ type }) => type), names: columns.map(({ name }) => name) };
}

export function requireObject(item: JsonItem): void {
  if (item.kind === 'object') return;
  throw dbError(
    'invalid_parameter_value',
    `cannot call populate_composite on ${item.kind === 'array' ? 'an array' : 'a scalar'}`,
  );
}

/** The first element that is no array tells how deep the array is; all have to agree with it. */
function arrayValue(item: JsonItem, element: SqlType, place: Place, context: EvalContext): PgArray {
  if (item.kind !== 'array') throw expectedArray(place);
  const values: Value[] = [];
  const sizes: number[] = [];
  let depth = 0;
  const visit = (array: JsonItem, path: readonly number[]): void => {
    if (array.kind !== 'array') throw expectedArray({ name: place.name, path });
    const items = [...array.items()];
    const level = path.length;
    if (depth === 0 && items[0]?.kind !== 'array') depth = level + 1;
    items.forEach((each, i) => {
      if (depth > 0 && level + 1 >= depth) {
        values.push(fieldValue(each, element, { name: place.name, path: [...path, i] }, context));
      } else visit(each, [...path, i]);
    });
    sizes[level] ??= items.length;
    if (sizes[level] !== items.length) throw raggedArray();
  };
  visit(item, []);
  return new PgArray(element.oid, values, values.length === 0 ? [] : sizes);
}

function expectedArray({ name, path }: Place): DbError {
  const place = path.map((i) => `[${i}]`).join('');
  return dbError('invalid_text_representation', {
    message: 'expected JSON array',
    hint:
      place === ''
        ? `See the value of key "${name}".`
        : `See the array element ${place} of key "${name}".`,
  });
}

function raggedArray(): DbError {
  return dbError('invalid_text_representation', {
    message: 'malformed JSON array',
    detail: 'Multidimensional arrays must have sub-arrays with matching dimensions.',
  });
}
