/**
 * A head's rows in the order that segments have, so that scans over it come with runs too. It is built,
 * in steps, when a scan first has use for it and again when the head has grown by a quarter; the rows
 * behind it are scanned as they arrived.
 */
import { finishInTurns } from '../../base/steps.ts';
import type { Timers } from '../../base/env.ts';
import type { DeletedRows } from './deleted-rows.ts';
import type { HeadBuffer } from './head.ts';
import type { HeadColumn } from './head-column.ts';
import { PIECE_ROWS, type RowSource } from './row-source.ts';
import type { SeriesTable } from './series-table.ts';
import { sortSteps, type SortedOrder } from './sort-rows.ts';
import { pickLanes } from './page-lanes.ts';
import {
  gatherColumn,
  sliceColumn,
  type LaneColumn,
  type PlainColumn,
  type StoredColumn,
} from './stored-column.ts';
import type { Lanes } from '../../vector/lanes.ts';
import { DoubleTimes, type Times } from './times.ts';

/** Heads below this are scanned as they are. */
export const SORTED_HEAD_ROWS = 4096;

const SORTED = new WeakMap<HeadBuffer, SortedHead>();
/** Those being built: scans that come meanwhile read the rows as they arrived. */
const BUILDING = new WeakSet<HeadBuffer>();

export class SortedHead {
  readonly rows: number;
  readonly permutation: Int32Array;
  readonly series: SeriesTable;
  readonly #buffer: HeadBuffer;
  readonly #columns = new Map<number, SortedColumn>();
  readonly times: Float64Array;

  constructor(
    buffer: HeadBuffer,
    rows: number,
    series: SeriesTable,
    order: SortedOrder,
    times: Float64Array,
  ) {
    this.#buffer = buffer;
    this.rows = rows;
    this.permutation = order.permutation;
    this.times = times;
    this.series = series;
  }

  /** The rows of a piece; undefined where the head lacks the column. */
  piece(attnum: number, index: number): StoredColumn | undefined {
    let column = this.#columns.get(attnum);
    if (column === undefined) {
      const own = this.#buffer.columns.get(attnum);
      if (own === undefined) return undefined;
      column = new SortedColumn(own, this.permutation);
      this.#columns.set(attnum, column);
    }
    return column.piece(index);
  }
}

/** A column in the sorted order: lanes where all of it is, piece by piece as scans ask for them. */
class SortedColumn {
  readonly #column: HeadColumn;
  readonly #permutation: Int32Array;
  readonly #lanes: Lanes | undefined;
  readonly #pieces: LaneColumn[] = [];
  #plain: PlainColumn | undefined;

  constructor(column: HeadColumn, permutation: Int32Array) {
    this.#column = column;
    this.#permutation = permutation;
    this.#lanes = column.laneColumn(permutation.length)?.lanes;
  }

  piece(index: number): StoredColumn {
    const start = index * PIECE_ROWS;
    const end = Math.min(this.#permutation.length, start + PIECE_ROWS);
    const known = this.#pieces[index];
    if (known !== undefined) return known;
    const lanes = this.#lanes && pickLanes(this.#lanes, this.#permutation.subarray(start, end));
    if (lanes !== undefined) {
      return (this.#pieces[index] = { rep: 'lanes', lanes, nulls: undefined });
    }
    const { length } = this.#permutation;
    this.#plain ??= this.#column.gather(this.#permutation, length);
    return sliceColumn(this.#plain, start, end);
  }
}

/** The series table of rows in a sorted order; the times are those of the rows as they were. */
export function seriesOf(
  segmentBy: readonly number[],
  columns: readonly PlainColumn[],
  permutation: Int32Array,
  starts: Int32Array,
  times: Float64Array,
): SeriesTable {
  const count = starts.length - 1;
  const firsts = new Int32Array(count);
  const minTimes = new Float64Array(count);
  const maxTimes = new Float64Array(count);
  for (let s = 0; s < count; s++) {
    firsts[s] = permutation[starts[s]];
    minTimes[s] = times[firsts[s]];
    maxTimes[s] = times[permutation[starts[s + 1] - 1]];
  }
  const values = new Map<number, PlainColumn>();
  segmentBy.forEach((attnum, i) => values.set(attnum, gatherColumn(columns[i], firsts, count)));
  return { count, starts, minTimes, maxTimes, segmentBy, columns: values };
}

async function buildSortedHead(
  buffer: HeadBuffer,
  rows: number,
  segmentBy: readonly number[],
  timers: Timers,
): Promise<SortedHead> {
  const usable = segmentBy.filter((attnum) => {
    const column = buffer.columns.get(attnum);
    return column !== undefined && column.rep !== 'any';
  });
  const columns = usable.map((attnum) => (buffer.columns.get(attnum) as HeadColumn).slice(0, rows));
  const unsorted = buffer.times(0, rows);
  const steps = sortSteps(columns, unsorted, rows, undefined);
  const order = await finishInTurns(steps, () => timers.yield());
  const { permutation, starts } = order;
  const times = new Float64Array(rows);
  for (let i = 0; i < rows; i++) times[i] = unsorted[permutation[i]];
  const series = seriesOf(usable, columns, permutation, starts, unsorted);
  return new SortedHead(buffer, rows, series, order, times);
}

/** The sorted form of a head's first rows, at most `rows`; undefined where it is not worth having. */
export function sortedHead(
  buffer: HeadBuffer,
  rows: number,
  segmentBy: readonly number[],
  timers: Timers,
): SortedHead | undefined | Promise<SortedHead> {
  if (rows < SORTED_HEAD_ROWS || isWide(buffer)) return undefined;
  const known = SORTED.get(buffer);
  // An older view than the one that the sorted form was made for.
  if (known !== undefined && known.rows > rows) return undefined;
  if (known !== undefined && (rows < known.rows * 1.25 || BUILDING.has(buffer))) return known;
  if (BUILDING.has(buffer)) return undefined;
  BUILDING.add(buffer);
  return buildSortedHead(buffer, rows, segmentBy, timers).then(
    (sorted) => {
      BUILDING.delete(buffer);
      SORTED.set(buffer, sorted);
      return sorted;
    },
    (error: unknown) => {
      BUILDING.delete(buffer);
      throw error;
    },
  );
}

function isWide(buffer: HeadBuffer): boolean {
  return buffer.columns.get(buffer.timeColumn)?.rep !== 'f64';
}

export class SortedHeadSource implements RowSource {
  readonly rows: number;
  readonly refBase: number;
  readonly numbers: Int32Array;
  readonly deleted: DeletedRows | undefined;
  readonly series: SeriesTable;
  readonly minTime: number;
  readonly maxTime: number;
  readonly #head: SortedHead;

  constructor(
    head: SortedHead,
    buffer: HeadBuffer,
    refBase: number,
    deleted: DeletedRows | undefined,
  ) {
    this.#head = head;
    this.rows = head.rows;
    this.refBase = refBase;
    this.numbers = head.permutation;
    this.deleted = deleted;
    this.series = head.series;
    this.minTime = buffer.minTime;
    this.maxTime = buffer.maxTime;
  }

  piece(attnum: number, index: number): StoredColumn | undefined {
    return this.#head.piece(attnum, index);
  }

  times(index: number): Times {
    const start = index * PIECE_ROWS;
    const end = Math.min(this.rows, start + PIECE_ROWS);
    return new DoubleTimes(this.#head.times.subarray(start, end));
  }

  zones(): undefined {
    return undefined;
  }
}
