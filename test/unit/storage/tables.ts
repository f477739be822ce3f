/** Tables and batches for storage tests. */
import type { IndexDescriptor, TableDescriptor } from '../../../src/catalog/catalog.ts';
import { DbError } from '../../../src/errors/db-error.ts';
import { createNodeEnv } from '../../../src/platform/node-env.ts';
import { openStorage, type OpenStorageOptions } from '../../../src/storage/open.ts';
import type {
  IndexRequest,
  StorageEngine,
  StorageTransaction,
} from '../../../src/storage/storage.ts';
import { OID, sqlType, type Oid } from '../../../src/types/type.ts';
import type { Value } from '../../../src/types/value.ts';
import { valueAt, vectorFromValues, type Batch, type Vector } from '../../../src/vector/vector.ts';

export const INSERT = { onConflict: 'error', arbiters: [] } as const;

export interface ColumnSpec {
  readonly name: string;
  readonly type: Oid;
}

export const ID_AND_TEXT: readonly ColumnSpec[] = [
  { name: 'id', type: OID.int8 },
  { name: 'label', type: OID.text },
];

export function open(
  path?: string,
  options: Partial<OpenStorageOptions> = {},
): Promise<StorageEngine> {
  return openStorage({ path, env: createNodeEnv(), ...options });
}

export async function createTable(
  transaction: StorageTransaction,
  name: string,
  columns: readonly ColumnSpec[] = ID_AND_TEXT,
): Promise<TableDescriptor> {
  const oid = await transaction.allocateOid();
  const table: TableDescriptor = {
    kind: 'table',
    oid,
    name,
    schema: 2200,
    owner: 10,
    rowType: await transaction.allocateOid(),
    rowArrayType: await transaction.allocateOid(),
    columns: columns.map(({ name: columnName, type }, i) => ({
      attnum: i + 1,
      name: columnName,
      type: sqlType(type),
      notNull: false,
      defaultSql: null,
      identity: '',
    })),
    constraints: [],
    hypertable: null,
    persistence: 'permanent',
    options: [],
    schemaVersion: 1,
    storageId: await transaction.allocateStorageId(),
  };
  await transaction.changeCatalog([{ change: 'put', object: table }]);
  return table;
}

export async function createIndex(
  transaction: StorageTransaction,
  table: TableDescriptor,
  name: string,
  columns: readonly number[],
  changes: Partial<IndexDescriptor> = {},
): Promise<IndexDescriptor> {
  const index: IndexDescriptor = {
    kind: 'index',
    oid: await transaction.allocateOid(),
    name,
    schema: 2200,
    table: table.oid,
    keys: columns.map((column) => ({ column, descending: false, nullsFirst: false })),
    include: [],
    unique: false,
    primary: false,
    nullsNotDistinct: false,
    method: 'btree',
    storageId: await transaction.allocateStorageId(),
    ...changes,
  };
  await transaction.changeCatalog([{ change: 'put', object: index }]);
  await transaction.buildIndex(table, index);
  return index;
}

export function rowsOf(table: TableDescriptor, rows: readonly (readonly Value[])[]): Batch {
  const live = table.columns.filter((column) => column.dropped !== true);
  const columns = live.map((column, c) =>
    vectorFromValues(
      column.type,
      rows.map((row) => row[c] as Value),
    ),
  );
  return { columns, length: rows.length };
}

export function batchRows(batch: Batch): Value[][] {
  return Array.from({ length: batch.length }, (_, row) =>
    batch.columns.map((vector: Vector) => valueAt(vector, row)),
  );
}

export async function collect(batches: AsyncIterable<Batch>): Promise<Value[][]> {
  const rows: Value[][] = [];
  for await (const batch of batches) rows.push(...batchRows(batch));
  return rows;
}

export function liveAttnums(table: TableDescriptor): number[] {
  return table.columns.filter((column) => column.dropped !== true).map((column) => column.attnum);
}

/** All rows, with the row ref first when asked for. */
export function allRows(
  transaction: StorageTransaction,
  table: TableDescriptor,
  withRefs = false,
): Promise<Value[][]> {
  const attnums = withRefs ? [-1, ...liveAttnums(table)] : liveAttnums(table);
  return collect(transaction.scan(table, { attnums, predicates: [], timeOrder: null }));
}

export function lookup(
  transaction: StorageTransaction,
  table: TableDescriptor,
  index: IndexDescriptor,
  request: Partial<IndexRequest> = {},
): Promise<Value[][]> {
  return collect(
    transaction.scanIndex(table, {
      index,
      attnums: liveAttnums(table),
      equals: [],
      lower: null,
      upper: null,
      descending: false,
      ...request,
    }),
  );
}

/** The refs of rows whose first column is one of `ids`. */
export async function refsOf(
  transaction: StorageTransaction,
  table: TableDescriptor,
  ids: readonly Value[],
): Promise<Float64Array> {
  const rows = await allRows(transaction, table, true);
  return Float64Array.from(
    rows.filter((row) => ids.includes(row[1] as Value)).map((row) => row[0] as number),
  );
}

export async function inTransaction<T>(
  engine: StorageEngine,
  work: (transaction: StorageTransaction) => Promise<T>,
): Promise<T> {
  const transaction = engine.begin('read committed', false);
  const result = await work(transaction);
  await transaction.commit();
  return result;
}

export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'none';
  } catch (error) {
    return error instanceof DbError ? error.code : String(error);
  }
}

export async function errorOf(promise: Promise<unknown>): Promise<DbError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof DbError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
