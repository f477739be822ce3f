/** Some ranges of another source's rows, as a source of their own. */
import { freeBlock } from '../../kernels/memory.ts';
import { boundedLanes, joinLanes, pickLanes, type BoundedLanes } from './page-lanes.ts';
import { PIECE_ROWS, type RowSource } from './row-source.ts';
import { joinColumns } from './read-column.ts';
import type { RowRanges } from './select-rows.ts';
import { rangeRows } from './series-groups.ts';
import {
  gatherColumn,
  type LaneColumn,
  type PlainColumn,
  type StoredColumn,
} from './stored-column.ts';
import { timesOf, type Times } from './times.ts';

export class RangeSource implements RowSource {
  readonly rows: number;
  readonly refBase = 0;
  readonly numbers = undefined;
  readonly deleted = undefined;
  readonly series = undefined;
  readonly minTime: number;
  readonly maxTime: number;
  readonly #source: RowSource;
  readonly #timeColumn: number;
  readonly #ranges: RowRanges;
  /** Rows in front of each range. */
  readonly #before: Float64Array;
  #all: { piece: number; rows: Int32Array }[] | undefined;

  /** The ranges hold no deleted rows. */
  constructor(source: RowSource, timeColumn: number, ranges: RowRanges) {
    this.#source = source;
    this.#timeColumn = timeColumn;
    this.#ranges = ranges;
    this.rows = rangeRows(ranges);
    this.minTime = source.minTime;
    this.maxTime = source.maxTime;
    this.#before = new Float64Array(ranges.starts.length);
    let before = 0;
    for (let i = 0; i < ranges.starts.length; i++) {
      this.#before[i] = before;
      before += ranges.ends[i] - ranges.starts[i];
    }
  }

  /** The number here of a row of the other source; undefined where the ranges leave it out. */
  positionOf(row: number): number | undefined {
    const { starts, ends } = this.#ranges;
    const range = lastAtMost(starts, row);
    if (range < 0 || row >= ends[range]) return undefined;
    return this.#before[range] + row - starts[range];
  }

  async piece(attnum: number, index: number): Promise<StoredColumn | undefined> {
    const from = index * PIECE_ROWS;
    const to = Math.min(this.rows, from + PIECE_ROWS);
    const parts: { column: PlainColumn; rows: number }[] = [];
    for (const { piece, rows } of this.#rowsByPiece(from, to)) {
      const column = await this.#source.piece(attnum, piece);
      if (column === undefined) return undefined;
      parts.push({ column: gatherColumn(column, rows, rows.length), rows: rows.length });
    }
    return parts.length === 1 ? parts[0].column : joinColumns(parts, to - from, null);
  }

  async wholeLanes(attnum: number): Promise<LaneColumn | undefined> {
    const parts: BoundedLanes[] = [];
    try {
      this.#all ??= this.#rowsByPiece(0, this.rows);
      for (const { piece, rows } of this.#all) {
        const column = await this.#source.piece(attnum, piece);
        if (column?.rep !== 'lanes' || column.nulls !== undefined) return undefined;
        const picked = pickLanes(column.lanes, rows);
        if (picked === undefined) return undefined;
        parts.push(boundedLanes(picked, rows.length));
      }
      const lanes = joinLanes(parts);
      return lanes && { rep: 'lanes', lanes, nulls: undefined };
    } finally {
      for (const { block } of parts) freeBlock(block);
    }
  }

  async times(index: number): Promise<Times> {
    return timesOf((await this.piece(this.#timeColumn, index)) as StoredColumn);
  }

  zones(): undefined {
    return undefined;
  }

  /** The rows [from, to) by the pieces of the other source that hold them. */
  #rowsByPiece(from: number, to: number): { piece: number; rows: Int32Array }[] {
    const { starts, ends } = this.#ranges;
    const result: { piece: number; rows: Int32Array }[] = [];
    const rows = new Int32Array(to - from);
    let [first, count, piece] = [0, 0, -1];
    const close = (): void => {
      if (count > first) result.push({ piece, rows: rows.subarray(first, count) });
      first = count;
    };
    for (let r = lastAtMost(this.#before, from); count < to - from; r++) {
      const skipped = Math.max(0, from - this.#before[r]);
      const end = Math.min(ends[r], starts[r] + to - this.#before[r]);
      for (let row = starts[r] + skipped; row < end; row++) {
        const at = Math.floor(row / PIECE_ROWS);
        if (at !== piece) {
          close();
          piece = at;
        }
        rows[count++] = row - at * PIECE_ROWS;
      }
    }
    close();
    return result;
  }
}

/** Position of the last number that is at most `value`; -1 where there is none. */
function lastAtMost(numbers: ArrayLike<number>, value: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (numbers[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
