/** The keys that rows have in an index: bytes that order as the index does, one behind the other. */
import { ByteWriter } from '../../base/byte-writer.ts';
import type { IndexDescriptor, TableDescriptor } from '../../catalog/catalog.ts';
import { liveColumns } from '../../catalog/catalog.ts';
import { InternalError, dbError, notSupported, type DbError } from '../../errors/db-error.ts';
import { codecFor } from '../../types/codecs.ts';
import { NEUTRAL_FORMAT } from '../../types/neutral-format.ts';
import { valueAt, type Batch, type Vector } from '../../vector/vector.ts';
import { keyPartWriter } from './key-parts.ts';
import type { Turns } from '../turns.ts';
import { decodeInTurns, type EncodedRows } from './row-codec.ts';

/** One vector per index key, and 1 for every row that the predicate includes. */
export interface IndexValues {
  readonly keys: readonly Vector[];
  readonly included: Uint8Array;
}

/**
 * Evaluates an index's expressions and predicate over rows that have the live columns in attnum order: in turns where
 * they are large.
 */
export type IndexExpressions = (
  table: TableDescriptor,
  index: IndexDescriptor,
  rows: Batch,
  turns: CheckPoints,
) => IndexValues | Promise<IndexValues>;

type CheckPoints = Pick<Turns, 'checkpoint'>;

/** What keys of a table's rows are made with. */
export interface KeyMaker {
  readonly table: TableDescriptor;
  readonly expressions: IndexExpressions | undefined;
  readonly turns: CheckPoints;
}

/** Keys of a batch in one index. */
export interface BatchKeys {
  readonly length: number;
  /** Key after key. */
  readonly bytes: Uint8Array;
  /** Where each row's key starts, and after the last one its end. */
  readonly starts: Uint32Array;
  /** 0 where the index's predicate leaves the row out; undefined without a predicate. */
  readonly included: Uint8Array | undefined;
  /** 1 where a part of the key is NULL. */
  readonly hasNull: Uint8Array;
  readonly vectors: readonly Vector[];
}

export function hasKey({ included }: BatchKeys, row: number): boolean {
  return included === undefined || included[row] === 1;
}

/** The row's key itself, not a copy. */
export function keyOf({ bytes, starts }: BatchKeys, row: number): Uint8Array {
  return bytes.subarray(starts[row], starts[row + 1]);
}

/** True for indexes that are kept as ordered entries; other methods are only described. */
export function isStoredIndex(index: IndexDescriptor): boolean {
  return index.method === 'btree' || index.method === 'hash';
}

/** Keys of rows with the live columns in attnum order; to wait for where expressions over large values are keys. */
export function batchKeys(
  { table, expressions, turns }: KeyMaker,
  index: IndexDescriptor,
  rows: Batch,
): BatchKeys | Promise<BatchKeys> {
  if (!needsEvaluation(index))
    return columnKeys(index, keyColumns(table, index, rows), rows.length);
  if (expressions === undefined) throw notSupported('an index on expressions or with a predicate');
  const values = expressions(table, index, rows, turns);
  const finish = ({ keys, included }: IndexValues): BatchKeys =>
    vectorKeys(index, keys, included, rows.length);
  return values instanceof Promise ? values.then(finish) : finish(values);
}

/** Keys of an index on plain columns, of which `vectors` has one each. */
export function columnKeys(
  index: IndexDescriptor,
  vectors: readonly Vector[],
  length: number,
): BatchKeys {
  return vectorKeys(index, vectors, undefined, length);
}

function vectorKeys(
  index: IndexDescriptor,
  vectors: readonly Vector[],
  included: Uint8Array | undefined,
  length: number,
): BatchKeys {
  const hasNull = new Uint8Array(length);
  const starts = new Uint32Array(length + 1);
  const writer = new ByteWriter(length * KEY_BYTES + KEY_BYTES);
  const parts = vectors.map((vector, k) => {
    const { descending, nullsFirst } = index.keys[k] as IndexDescriptor['keys'][0];
    return keyPartWriter(vector, descending, nullsFirst);
  });
  for (let row = 0; row < length; row++) {
    starts[row] = writer.length;
    if (included !== undefined && included[row] !== 1) continue;
    for (let k = 0; k < parts.length; k++) {
      if (vectors[k]?.nulls?.[row] === 1) hasNull[row] = 1;
      parts[k]?.(writer, row);
    }
  }
  starts[length] = writer.length;
  return { length, bytes: writer.view(), starts, included, hasNull, vectors };
}

/** What most keys are shorter than. */
const KEY_BYTES = 24;

/** Keys of stored rows; reads no columns beside the key's where that is enough. */
export async function storedKeys(
  maker: KeyMaker,
  index: IndexDescriptor,
  rows: EncodedRows,
): Promise<BatchKeys> {
  const { table, turns } = maker;
  if (needsEvaluation(index)) {
    const attnums = liveColumns(table).map(({ attnum }) => attnum);
    return batchKeys(maker, index, await decodeInTurns(table, rows, attnums, turns));
  }
  const attnums = index.keys.map(({ column }) => column);
  const batch = await decodeInTurns(table, rows, attnums, turns);
  return columnKeys(index, batch.columns, batch.length);
}

/** Whether keys are more than columns of the row. */
export function needsEvaluation({ predicateSql, keys }: IndexDescriptor): boolean {
  return predicateSql !== undefined || keys.some(({ column }) => column === 0);
}

function keyColumns(
  table: TableDescriptor,
  index: IndexDescriptor,
  rows: Batch,
): readonly Vector[] {
  const positions = new Map(liveColumns(table).map(({ attnum }, position) => [attnum, position]));
  return index.keys.map(({ column }) => {
    const vector = rows.columns[positions.get(column) ?? -1];
    if (vector === undefined) throw new InternalError(`no column ${column} for "${index.name}"`);
    return vector;
  });
}

/** Whether two rows with the row's key, which it has, may not both exist. */
export function mustBeUnique(index: IndexDescriptor, keys: BatchKeys, row: number): boolean {
  return index.unique && (index.nullsNotDistinct || keys.hasNull[row] === 0);
}

/** 23505 as PostgreSQL words it. */
export function duplicateKey(
  table: TableDescriptor,
  schemaName: string,
  index: IndexDescriptor,
  keys: BatchKeys,
  row: number,
): DbError {
  return dbError('unique_violation', {
    message: `duplicate key value violates unique constraint "${index.name}"`,
    detail: `Key ${describeKey(table, index, keys, row)} already exists.`,
    schema: schemaName,
    table: table.name,
    constraint: index.name,
  });
}

/** 23505 for CREATE UNIQUE INDEX over rows that are not. */
export function duplicateInBuild(
  table: TableDescriptor,
  schemaName: string,
  index: IndexDescriptor,
  keys: BatchKeys,
  row: number,
): DbError {
  return dbError('unique_violation', {
    message: `could not create unique index "${index.name}"`,
    detail: `Key ${describeKey(table, index, keys, row)} is duplicated.`,
    schema: schemaName,
    table: table.name,
    constraint: index.name,
  });
}

function describeKey(
  table: TableDescriptor,
  index: IndexDescriptor,
  keys: BatchKeys,
  row: number,
): string {
  const names = index.keys.map(({ column, expressionSql }) =>
    column === 0 ? (expressionSql ?? '') : (table.columns[column - 1]?.name ?? ''),
  );
  const values = keys.vectors.map((vector) => describeValue(vector, row));
  return `(${names.join(', ')})=(${values.join(', ')})`;
}

function describeValue(vector: Vector, row: number): string {
  const value = valueAt(vector, row);
  if (value === null) return 'null';
  return codecFor(vector.type.oid).formatText(value, NEUTRAL_FORMAT);
}
