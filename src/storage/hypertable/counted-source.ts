/** A source whose blocks are counted as a scan asks for them, for EXPLAIN. */
import type { ScanCounters } from '../storage.ts';
import type { DeletedRows } from './deleted-rows.ts';
import { PIECE_ROWS, VECTOR_ROWS, type RowSource, type Zones } from './row-source.ts';
import type { ScanBounds } from './scan-bounds.ts';
import { selectRows, type RowRanges } from './select-rows.ts';
import type { SeriesTable } from './series-table.ts';
import { columnBytes, type StoredColumn } from './stored-column.ts';
import type { Times } from './times.ts';

export class CountedSource implements RowSource {
  readonly rows: number;
  readonly refBase: number;
  readonly numbers: Int32Array | undefined;
  readonly deleted: DeletedRows | undefined;
  readonly series: SeriesTable | undefined;
  readonly minTime: number;
  readonly maxTime: number;
  readonly #source: RowSource;
  readonly #counters: ScanCounters;

  constructor(source: RowSource, counters: ScanCounters) {
    this.rows = source.rows;
    this.refBase = source.refBase;
    this.numbers = source.numbers;
    this.deleted = source.deleted;
    this.series = source.series;
    this.minTime = source.minTime;
    this.maxTime = source.maxTime;
    this.#source = source;
    this.#counters = counters;
  }

  piece(
    attnum: number,
    index: number,
    rows?: RowRanges,
  ): StoredColumn | undefined | Promise<StoredColumn | undefined> {
    const piece = this.#source.piece(attnum, index, rows);
    if (this.series?.columns.has(attnum) === true) return piece;
    if (!(piece instanceof Promise)) {
      if (piece !== undefined) this.#note(piece, index, rows, true);
      return piece;
    }
    return piece.then((column) => {
      if (column !== undefined) this.#note(column, index, rows, false);
      return column;
    });
  }

  get lastRows(): RowSource['lastRows'] {
    return this.#source.lastRows?.bind(this.#source);
  }

  get evenSteps(): RowSource['evenSteps'] {
    return this.#source.evenSteps?.bind(this.#source);
  }

  get sketch(): RowSource['sketch'] {
    return this.#source.sketch?.counted(this.#counters);
  }

  stores(attnum: number): boolean {
    return this.#source.stores?.(attnum) ?? true;
  }

  times(index: number, rows?: RowRanges): Times | Promise<Times> {
    const times = this.#source.times(index, rows);
    if (times instanceof Promise) this.#counters.blocksRead++;
    else this.#counters.blocksHit++;
    return times;
  }

  zones(attnum: number): Zones | undefined {
    return this.#source.zones(attnum);
  }

  #note(column: StoredColumn, index: number, rows: RowRanges | undefined, isHit: boolean): void {
    if (isHit) this.#counters.blocksHit++;
    else this.#counters.blocksRead++;
    const length = Math.min(PIECE_ROWS, this.rows - index * PIECE_ROWS);
    const touched = rows === undefined ? length : Math.min(length, vectorsIn(rows) * VECTOR_ROWS);
    this.#counters.blockBytes += Math.ceil((columnBytes(column) * touched) / length);
  }
}

/** Counts the vectors of a source that the bounds leave, and why the others are left out. */
export async function countVectors(
  source: RowSource,
  bounds: ScanBounds,
  counters: ScanCounters,
): Promise<void> {
  const bySeriesAndTime = vectorsIn(await selectRows(source, { ...bounds, ranges: [] }));
  const left = vectorsIn(await selectRows(source, bounds));
  counters.vectors += left;
  counters.vectorsByValue += bySeriesAndTime - left;
  counters.vectorsBySeriesAndTime += Math.ceil(source.rows / VECTOR_ROWS) - bySeriesAndTime;
}

function vectorsIn({ starts, ends }: RowRanges): number {
  let count = 0;
  let next = 0;
  for (let i = 0; i < starts.length; i++) {
    const first = Math.max(next, Math.floor(starts[i] / VECTOR_ROWS));
    next = Math.max(next, Math.ceil(ends[i] / VECTOR_ROWS));
    count += Math.max(0, next - first);
  }
  return count;
}
