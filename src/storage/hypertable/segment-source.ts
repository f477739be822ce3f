/** A stored segment as a source of rows: blocks are read and decoded when a scan asks for them. */
import type { DeletedRows } from './deleted-rows.ts';
import { findEvenSteps } from './even-series.ts';
import { gatherLastRows } from './last-rows.ts';
import { PIECE_ROWS, type RowSource, type Zones } from './row-source.ts';
import type { RowRanges } from './select-rows.ts';
import type { Segment, SegmentHeader } from './segment.ts';
import type { SeriesTable } from './series-table.ts';
import { SourceSketch } from './source-sketch.ts';
import { spreadSeries } from './spread-series.ts';
import { plainColumn, type PlainColumn, type StoredColumn } from './stored-column.ts';
import { doublesOf, timesOf, type Times } from './times.ts';

/** Reads decoded blocks, from the cache where it has them. */
export interface BlockReader {
  block(
    segment: Segment,
    attnum: number,
    index: number,
    rows: RowRanges | undefined,
  ): StoredColumn | Promise<StoredColumn>;
  /** Keeps what `make` gives under the block's name. */
  made(
    segment: Segment,
    attnum: number,
    index: number,
    make: () => StoredColumn | Promise<StoredColumn>,
  ): StoredColumn | Promise<StoredColumn>;
  /** Numbers of a sketch, as many as the segment has intervals, made into others by `check`. */
  sketchPart(
    segment: Segment,
    attnum: number,
    part: number,
    check: (column: PlainColumn) => PlainColumn,
  ): StoredColumn | Promise<StoredColumn>;
}

/** Stands for the block of the last rows of all series; a segment has not so many blocks. */
const LAST_ROWS = 2 ** 19;
/** The same for the steps between times. */
const EVEN_STEPS = LAST_ROWS + 2;

export class SegmentSource implements RowSource {
  readonly rows: number;
  readonly refBase: number;
  readonly numbers: Int32Array | undefined;
  readonly deleted: DeletedRows | undefined;
  readonly series: SeriesTable;
  readonly minTime: number;
  readonly maxTime: number;
  readonly sketch: SourceSketch | undefined;
  readonly #segment: Segment;
  readonly #header: SegmentHeader;
  readonly #blocks: BlockReader;

  constructor(
    segment: Segment,
    header: SegmentHeader,
    blocks: BlockReader,
    refBase: number,
    deleted: DeletedRows | undefined,
    numbers?: Int32Array,
  ) {
    this.numbers = numbers;
    this.rows = segment.rows;
    this.minTime = segment.minTime;
    this.maxTime = segment.maxTime;
    this.series = header.series;
    this.refBase = refBase;
    this.deleted = deleted;
    this.#segment = segment;
    this.#header = header;
    this.#blocks = blocks;
    this.sketch =
      header.sketch &&
      new SourceSketch(header.sketch, segment.rows, (attnum, part, check) =>
        blocks.sketchPart(segment, attnum, part, check),
      );
  }

  piece(
    attnum: number,
    index: number,
    rows?: RowRanges,
  ): StoredColumn | undefined | Promise<StoredColumn | undefined> {
    const values = this.series.columns.get(attnum);
    if (values !== undefined) {
      return this.#blocks.made(this.#segment, attnum, index, () => this.#spread(values, index));
    }
    if (!this.#header.columns.has(attnum)) return undefined;
    return this.#blocks.block(this.#segment, attnum, index, rows);
  }

  lastRows(
    attnum: number,
    back: 0 | 1,
  ): StoredColumn | undefined | Promise<StoredColumn | undefined> {
    const values = this.series.columns.get(attnum);
    if (values !== undefined || !this.#header.columns.has(attnum)) return values;
    return this.#blocks.made(this.#segment, attnum, LAST_ROWS + back, () =>
      gatherLastRows(this.series, back, (index, rows) => this.piece(attnum, index, rows)),
    );
  }

  evenSteps(): Float64Array | Promise<Float64Array> {
    const found = this.#blocks.made(this.#segment, this.#header.timeColumn, EVEN_STEPS, () =>
      findEvenSteps(this.series, this.rows, (index) => this.times(index)),
    );
    const doubles = (column: StoredColumn): Float64Array => doublesOf(plainColumn(column));
    return found instanceof Promise ? found.then(doubles) : doubles(found);
  }

  stores(attnum: number): boolean {
    return this.#header.columns.has(attnum);
  }

  times(index: number, rows?: RowRanges): Times | Promise<Times> {
    const piece = this.#blocks.block(this.#segment, this.#header.timeColumn, index, rows);
    return piece instanceof Promise ? piece.then(timesOf) : timesOf(piece);
  }

  zones(attnum: number): Zones | undefined {
    return this.#header.columns.get(attnum)?.zones;
  }

  /** A series column's values repeated over a piece. Scans have no need of it, but look-ups of rows do. */
  #spread(values: PlainColumn, index: number): PlainColumn {
    const from = index * PIECE_ROWS;
    const to = Math.min(this.rows, from + PIECE_ROWS);
    return spreadSeries(values, this.series, { starts: [from], ends: [to] }, to - from);
  }
}
