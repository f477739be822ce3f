/** Checks of unique indexes: new rows against stored ones and each other, and whole tables. */
import { liveColumns, type IndexDescriptor, type TableDescriptor } from '../../catalog/catalog.ts';
import { dbError, type DbError } from '../../errors/db-error.ts';
import { mustCodec } from '../../types/codec-registry.ts';
import type { Value } from '../../types/value.ts';
import { valueAt, type Batch } from '../../vector/vector.ts';
import type { InsertOptions } from '../storage.ts';
import type { AwaitRow } from './hypertable-store.ts';
import { missingValue } from './any-values.ts';
import { NEUTRAL_FORMAT } from '../../types/neutral-format.ts';
import { deleteRows, isDeleted, type DeletedRows } from './deleted-rows.ts';
import type { HeadBuffer } from './head.ts';
import { hypertableOf, timesOf, type PlacedRows } from './placement.ts';
import type { RefSet } from './ref-set.ts';
import type { RowSource } from './row-source.ts';
import { scanOneChunk } from './scan.ts';
import { chunkInputs, type ChunkInput, type ScanInput } from './select-chunk.ts';
import type { Segment } from './segment.ts';
import { SLOT_ROWS } from './state.ts';
import { isSeriesKey, isStoredEquality, seriesFinder } from './unique-series.ts';
import {
  headKeys,
  keyBuilder,
  keyColumns,
  segmentKeys,
  type KeyMaker,
  type KeyOf,
} from './unique-keys.ts';
import { OWN_REFS } from './writes.ts';

/** Rows of a batch that collide: NaN, a stored row's ref, or -1 - i for row i of the same batch. */
export type Collisions = Float64Array;

interface IndexKeys {
  readonly index: IndexDescriptor;
  readonly attnums: readonly number[];
  readonly signature: string;
  readonly keyFor: KeyMaker;
}

function indexKeys(table: TableDescriptor, index: IndexDescriptor): IndexKeys {
  const attnums = keyColumns(index);
  const columns = attnums.map((attnum) => table.columns[attnum - 1]);
  const types = columns.map((column) => column.type.oid);
  const missing = columns.map((column) => missingValue(column.type, column.missingText));
  const { nullsNotDistinct } = index;
  return {
    index,
    attnums,
    signature: `${attnums.join()}${nullsNotDistinct ? '!' : ''}`,
    keyFor: (column) =>
      keyBuilder(
        attnums.map((attnum, i) => column(attnum) ?? (() => missing[i])),
        types,
        nullsNotDistinct,
      ),
  };
}

/** The keys that rows have in unique indexes, by chunk; rows that can collide with none left out. */
export function keysByChunk(
  table: TableDescriptor,
  batch: Batch,
  placed: readonly PlacedRows[],
  indexes: readonly IndexDescriptor[],
): { chunk: number; index: number; keys: string[] }[] {
  return indexes.flatMap((index) => {
    const keyOf = batchKeys(table, keyColumns(index), batch, index.nullsNotDistinct);
    return placed.map(({ place, rows }) => {
      const keys: string[] = [];
      for (let i = 0; i < (rows?.length ?? batch.length); i++) {
        const key = keyOf(rows === undefined ? i : rows[i]);
        if (key !== undefined) keys.push(key);
      }
      return { chunk: place.id, index: index.oid, keys };
    });
  });
}

/** A row in the way is locked by another transaction, which may delete it. */
export class RowInUse {
  readonly free: Promise<void>;

  constructor(free: Promise<void>) {
    this.free = free;
  }
}

/** Looks for every row of the batch in the stored rows, the transaction's own, and the batch itself. */
export async function findCollisions(
  input: ScanInput,
  batch: Batch,
  placed: readonly PlacedRows[],
  indexes: readonly IndexDescriptor[],
  options: InsertOptions,
  awaitRow: AwaitRow,
): Promise<Collisions | RowInUse | undefined> {
  const { table } = input;
  const chunks = new Map(chunkInputs(input).map((chunk) => [chunk.rangeStart, chunk]));
  const collisions = new Float64Array(batch.length).fill(NaN);
  let any = false;
  const times = timesOf(table, batch);
  for (const index of sortedByArbiter(indexes, options)) {
    const keys = indexKeys(table, index);
    const reports = mayReport(index, options);
    const keyOf = batchKeys(table, keys.attnums, batch, index.nullsNotDistinct);
    const seen = new Map<string, number>();
    for (const { place, rows } of placed) {
      const chunk = chunks.get(place.rangeStart);
      const find =
        chunk === undefined ? undefined : await finder(input, chunk, keys, batch, times, rows);
      const count = rows?.length ?? batch.length;
      for (let i = 0; i < count; i++) {
        const row = rows === undefined ? i : rows[i];
        if (!Number.isNaN(collisions[row])) continue;
        const key = keyOf(row);
        if (key === undefined) continue;
        const twin = seen.get(key);
        const found = twin === undefined ? find?.(key, times[row], row) : -1 - twin;
        const free = found === undefined || found < 0 ? undefined : awaitRow(found);
        if (free !== undefined) return new RowInUse(free);
        if (found === undefined) seen.set(key, row);
        else if (!reports) throw duplicate(table, keys, batch, row);
        else {
          collisions[row] = found;
          any = true;
        }
      }
    }
  }
  return any ? collisions : undefined;
}

/** Reporting indexes come first: a row that is only reported must not raise on another index. */
function sortedByArbiter(
  indexes: readonly IndexDescriptor[],
  options: InsertOptions,
): readonly IndexDescriptor[] {
  const rank = (index: IndexDescriptor): number => (mayReport(index, options) ? 0 : 1);
  return [...indexes].sort((a, b) => rank(a) - rank(b));
}

function mayReport(index: IndexDescriptor, options: InsertOptions): boolean {
  if (options.onConflict === 'error') return false;
  return options.arbiters.length === 0 || options.arbiters.includes(index.oid);
}

function batchKeys(
  table: TableDescriptor,
  attnums: readonly number[],
  batch: Batch,
  nullsNotDistinct: boolean,
): KeyOf {
  const live = liveColumns(table);
  const positions = attnums.map((attnum) => live.findIndex((column) => column.attnum === attnum));
  const readers = positions.map((position) => {
    const vector = batch.columns[position];
    return (row: number): Value => valueAt(vector, row);
  });
  const types = positions.map((position) => live[position].type.oid);
  return keyBuilder(readers, types, nullsNotDistinct);
}

type Find = (key: string, time: number, row: number) => number | undefined;

/** A look-up over everything in one chunk. Sources that none of the rows' times reach are left out. */
async function finder(
  input: ScanInput,
  { chunk, own }: ChunkInput,
  keys: IndexKeys,
  batch: Batch,
  times: Float64Array,
  rows: Int32Array | undefined,
): Promise<Find> {
  const { earliest, latest } = timeSpan(times, rows);
  const finds: Find[] = [];
  const gone = input.own?.deleted;
  for (let i = 0; i < (chunk?.segments.length ?? 0); i++) {
    if (chunk === undefined) break;
    const { segment, slot, deleted } = chunk.segments[i];
    if (earliest > segment.maxTime || latest < segment.minTime) continue;
    const source = await input.openSegment(chunk, i, undefined);
    const rowOf = await segmentFinder(
      input.table,
      segment,
      source,
      keys,
      batch,
      times,
      rows,
      deleted,
    );
    const refBase = slot * SLOT_ROWS;
    finds.push((key, time, row) => {
      if (time > segment.maxTime || time < segment.minTime) return undefined;
      const found = rowOf(key, time, row);
      if (found === undefined || gone?.has(refBase + found) === true) return undefined;
      return refBase + found;
    });
  }
  const head = chunk?.head;
  if (head !== undefined && earliest <= head.buffer.maxTime && latest >= head.buffer.minTime) {
    const map = headKeys(head.buffer, keys.signature, keys.keyFor);
    const refBase = head.slot * SLOT_ROWS;
    finds.push((key) => {
      const row = map.get(key);
      if (row === undefined || row >= head.rows || isDeleted(head.deleted, row)) return undefined;
      return gone?.has(refBase + row) === true ? undefined : refBase + row;
    });
  }
  for (const entry of own?.segments ?? []) {
    const { segment, numbers } = entry;
    if (earliest > segment.maxTime || latest < segment.minTime) continue;
    const source = await input.openOwn(entry, undefined);
    const noted = deletedOf(numbers, gone);
    const rowOf = await segmentFinder(
      input.table,
      segment,
      source,
      keys,
      batch,
      times,
      rows,
      noted,
    );
    finds.push((key, time, row) => {
      if (time > segment.maxTime || time < segment.minTime) return undefined;
      const found = rowOf(key, time, row);
      return found === undefined ? undefined : OWN_REFS + numbers[found];
    });
  }
  if (own !== undefined && earliest <= own.buffer.maxTime && latest >= own.buffer.minTime) {
    finds.push(ownFinder(own.buffer, own.numbers, keys, gone));
  }
  return (key, time, row) => {
    for (const find of finds) {
      const ref = find(key, time, row);
      if (ref !== undefined) return ref;
    }
    return undefined;
  };
}

/** Rows of an own segment that the transaction has deleted again. */
function deletedOf(numbers: Int32Array, gone: RefSet | undefined): DeletedRows | undefined {
  if (gone === undefined || gone.size === 0) return undefined;
  const rows: number[] = [];
  numbers.forEach((number, row) => gone.has(OWN_REFS + number) && rows.push(row));
  return deleteRows(undefined, numbers.length, rows);
}

/** Finds the live row of a segment with a key: by its series where they fit the key, else by a map. */
async function segmentFinder(
  table: TableDescriptor,
  segment: Segment,
  source: RowSource,
  keys: IndexKeys,
  batch: Batch,
  times: Float64Array,
  rows: Int32Array | undefined,
  deleted: DeletedRows | undefined,
): Promise<Find> {
  const { timeColumn } = hypertableOf(table);
  const others = keys.attnums.filter((attnum) => attnum !== timeColumn);
  const wanted: number[] = [];
  const count = rows?.length ?? batch.length;
  let exact = true;
  for (let i = 0; i < count; i++) {
    const row = rows === undefined ? i : rows[i];
    const time = times[row];
    if (Math.abs(time) >= 2 ** 53) exact = false;
    if (time >= segment.minTime && time <= segment.maxTime) wanted.push(row);
  }
  const types = others.map((attnum) => table.columns[attnum - 1].type.oid);
  exact &&= types.every(isStoredEquality);
  if (exact && source.series !== undefined && isSeriesKey(source.series.segmentBy, others)) {
    const keyOf = batchKeys(table, others, batch, true);
    const find = await seriesFinder(source, source.series, others, types, keyOf, wanted);
    return (_key, time, row) => {
      const found = find(row, time);
      if (found === undefined) return undefined;
      for (let r = found.start; r < found.end; r++) if (!isDeleted(deleted, r)) return r;
      return undefined;
    };
  }
  const map = await segmentKeys(segment, source, keys.signature, keys.attnums, keys.keyFor);
  return (key) => {
    const row = map.get(key);
    return row === undefined || isDeleted(deleted, row) ? undefined : row;
  };
}

function ownFinder(
  buffer: HeadBuffer,
  numbers: readonly number[],
  keys: IndexKeys,
  gone: RefSet | undefined,
): Find {
  const map = headKeys(buffer, keys.signature, keys.keyFor);
  return (key) => {
    const row = map.get(key);
    if (row === undefined) return undefined;
    const ref = OWN_REFS + numbers[row];
    return gone?.has(ref) === true ? undefined : ref;
  };
}

function timeSpan(
  times: Float64Array,
  rows: Int32Array | undefined,
): { earliest: number; latest: number } {
  let earliest = Infinity;
  let latest = -Infinity;
  const count = rows?.length ?? times.length;
  for (let i = 0; i < count; i++) {
    const time = times[rows === undefined ? i : rows[i]];
    if (time < earliest) earliest = time;
    if (time > latest) latest = time;
  }
  return { earliest, latest };
}

function duplicate(table: TableDescriptor, keys: IndexKeys, batch: Batch, row: number): DbError {
  const live = liveColumns(table);
  const values = keys.attnums.map((attnum) => {
    const position = live.findIndex((column) => column.attnum === attnum);
    return valueAt(batch.columns[position], row);
  });
  return dbError('unique_violation', {
    message: `duplicate key value violates unique constraint "${keys.index.name}"`,
    detail: `Key ${describeKey(table, keys, values)} already exists.`,
    table: table.name,
    constraint: keys.index.name,
  });
}

function describeKey(table: TableDescriptor, keys: IndexKeys, values: readonly Value[]): string {
  const columns = keys.attnums.map((attnum) => table.columns[attnum - 1]);
  const texts = values.map((value, i) =>
    value === null ? 'null' : mustCodec(columns[i].type.oid).formatText(value, NEUTRAL_FORMAT),
  );
  return `(${columns.map((column) => column.name).join(', ')})=(${texts.join(', ')})`;
}

/** Verifies a new unique index: every row once, chunk by chunk (keys hold the time). */
export async function verifyUnique(input: ScanInput, index: IndexDescriptor): Promise<void> {
  const { table } = input;
  const keys = indexKeys(table, index);
  const types = keys.attnums.map((attnum) => table.columns[attnum - 1].type.oid);
  const request = { attnums: keys.attnums, predicates: [], timeOrder: null };
  for (const chunk of chunkInputs(input)) {
    const seen = new Set<string>();
    for await (const batch of scanOneChunk(input, chunk, request)) {
      const readers = batch.columns.map((column) => (row: number) => valueAt(column, row));
      const keyOf = keyBuilder(readers, types, index.nullsNotDistinct);
      for (let row = 0; row < batch.length; row++) {
        const key = keyOf(row);
        if (key === undefined) continue;
        if (seen.has(key))
          throw notUnique(
            table,
            keys,
            readers.map((read) => read(row)),
          );
        seen.add(key);
      }
    }
  }
}

function notUnique(table: TableDescriptor, keys: IndexKeys, values: readonly Value[]): DbError {
  return dbError('unique_violation', {
    message: `could not create unique index "${keys.index.name}"`,
    detail: `Key ${describeKey(table, keys, values)} is duplicated.`,
    table: table.name,
    constraint: keys.index.name,
  });
}
