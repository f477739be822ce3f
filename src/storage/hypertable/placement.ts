/**
 * Which chunk a row belongs to. Chunk n covers [n, n + 1) times the interval; after a change of the
 * interval, older chunks keep their ranges and new ones are cut so that ranges never overlap.
 */
import { dbError } from '../../errors/db-error.ts';
import type {
  ColumnDescriptor,
  HypertableDescriptor,
  TableDescriptor,
} from '../../catalog/catalog.ts';
import { liveColumns } from '../../catalog/catalog.ts';
import { gather } from '../../vector/gather.ts';
import type { Batch, Vector } from '../../vector/vector.ts';
import { chunkPosition, type ChunkState, type TableState } from './state.ts';

/** A chunk that exists or would be created. */
export interface ChunkPlace {
  readonly id: number;
  readonly rangeStart: number;
  readonly rangeEnd: number;
}

/** Rows of one batch that fall into one chunk. */
export interface PlacedRows {
  readonly place: ChunkPlace;
  readonly batch: Batch;
  /** Positions in the original batch; undefined where all rows are here. */
  readonly rows: Int32Array | undefined;
}

/** Ids of chunks that had to step aside for another interval's numbering are moved up by this. */
const ID_STEP = 2 ** 40;
/** Numbers of chunks are exact as doubles, after some steps, too. */
const ID_MAX = 2 ** 52;

/** The next larger double, or one soon after it. */
const nextDouble = (value: number): number =>
  value + Math.max(Math.abs(value) * Number.EPSILON, Number.MIN_VALUE);

export function hypertableOf(table: TableDescriptor): HypertableDescriptor {
  if (table.hypertable === null) {
    throw dbError('wrong_object_type', `table "${table.name}" is not a hypertable`);
  }
  return table.hypertable;
}

/** Position of the time column among the live columns of the table. */
export function timePosition(table: TableDescriptor): number {
  const { timeColumn } = hypertableOf(table);
  return liveColumns(table).findIndex((column) => column.attnum === timeColumn);
}

/** The times of a batch as doubles; throws for NULL (23502) and infinite times (22008). */
export function timesOf(table: TableDescriptor, batch: Batch): Float64Array {
  const position = timePosition(table);
  const column = liveColumns(table)[position];
  const vector = batch.columns[position];
  const times = timeNumbers(vector);
  const { nulls } = vector;
  for (let i = 0; i < batch.length; i++) {
    if (nulls !== undefined && nulls[i] === 1) throw nullTime(table, column);
    if (!Number.isFinite(times[i])) throw infiniteTime(table, column);
  }
  return times;
}

function timeNumbers(vector: Vector): Float64Array {
  if (vector.rep === 'f64') return vector.data.subarray(0, vector.length);
  const times = new Float64Array(vector.length);
  if (vector.rep === 'any') {
    for (let i = 0; i < vector.length; i++) times[i] = Number(vector.data[i]);
  }
  return times;
}

function nullTime(table: TableDescriptor, column: ColumnDescriptor): Error {
  return dbError('not_null_violation', {
    message: `null value in column "${column.name}" of relation "${table.name}" violates not-null constraint`,
    hint: 'Columns used for time partitioning cannot be NULL.',
    table: table.name,
    column: column.name,
  });
}

function infiniteTime(table: TableDescriptor, column: ColumnDescriptor): Error {
  return dbError('datetime_field_overflow', {
    message: `infinite value in time column "${column.name}" of hypertable "${table.name}"`,
    hint: 'Rows of a hypertable need a finite time.',
    table: table.name,
    column: column.name,
  });
}

/** Splits a batch by chunk, in the order in which chunks appear in it. */
export function placeRows(
  table: TableDescriptor,
  state: TableState | undefined,
  batch: Batch,
): PlacedRows[] {
  if (batch.length === 0) return [];
  const times = timesOf(table, batch);
  const placer = new Placer(hypertableOf(table).chunkInterval, state?.chunks ?? []);
  let place = placer.placeOf(times[0]);
  let row = 1;
  while (row < batch.length && times[row] >= place.rangeStart && times[row] < place.rangeEnd) row++;
  if (row === batch.length) return [{ place, batch, rows: undefined }];

  const groups = new Map<number, { place: ChunkPlace; rows: number[] }>();
  for (let i = 0; i < batch.length; i++) {
    const time = times[i];
    if (i === 0 || time < place.rangeStart || time >= place.rangeEnd) place = placer.placeOf(time);
    let group = groups.get(place.rangeStart);
    if (group === undefined) groups.set(place.rangeStart, (group = { place, rows: [] }));
    group.rows.push(i);
  }
  return [...groups.values()].map((group) => {
    const rows = Int32Array.from(group.rows);
    const columns = batch.columns.map((column) => gather(column, rows));
    return { place: group.place, batch: { columns, length: rows.length }, rows };
  });
}

/** Finds or lays out chunks; remembers those that it laid out. */
export class Placer {
  readonly #interval: number;
  readonly #chunks: readonly ChunkState[];
  readonly #fresh: ChunkPlace[] = [];

  constructor(interval: number, chunks: readonly ChunkState[]) {
    this.#interval = interval;
    this.#chunks = chunks;
  }

  placeOf(time: number): ChunkPlace {
    const at = chunkPosition(this.#chunks, time);
    const chunk = this.#chunks[at];
    if (chunk !== undefined && chunk.rangeStart <= time) return chunk;
    for (const place of this.#fresh) {
      if (place.rangeStart <= time && time < place.rangeEnd) return place;
    }
    const place = this.#layOut(time, this.#chunks[at - 1], chunk);
    this.#fresh.push(place);
    return place;
  }

  #layOut(time: number, before: ChunkState | undefined, after: ChunkState | undefined): ChunkPlace {
    const interval = this.#interval;
    const number = Math.floor(time / interval);
    let id = Math.max(-ID_MAX, Math.min(ID_MAX, number));
    // Times of more than 53 bits lie further apart than the borders are exact: the chunk holds one at least.
    const cellStart = Math.min(number * interval, time);
    const cellEnd = Math.max(number * interval + interval, nextDouble(time));
    const rangeStart = Math.max(cellStart, before?.rangeEnd ?? -Infinity);
    const rangeEnd = Math.min(cellEnd, after?.rangeStart ?? Infinity);
    while (this.#isTaken(id, rangeStart)) id += ID_STEP;
    return { id, rangeStart, rangeEnd };
  }

  #isTaken(id: number, rangeStart: number): boolean {
    const other = (place: ChunkPlace): boolean =>
      place.id === id && place.rangeStart !== rangeStart;
    // Chunks of one interval sit where their number says: only others need the search.
    if (this.#chunks.length > 0 && this.#chunks.some(other)) return true;
    return this.#fresh.some(other);
  }
}
