/** A stored segment as a source of rows: blocks are read and decoded when a scan asks for them. */
import type { DeletedRows } from './deleted-rows.ts';
import { PIECE_ROWS, type RowSource, type Zones } from './row-source.ts';
import type { Segment, SegmentHeader } from './segment.ts';
import { seriesAt, type SeriesTable } from './series-table.ts';
import type { PlainColumn, StoredColumn } from './stored-column.ts';
import { timesOf, type Times } from './times.ts';

/** Reads decoded blocks, from the cache where it has them. */
export interface BlockReader {
  block(segment: Segment, attnum: number, index: number): StoredColumn | Promise<StoredColumn>;
  /** Keeps what `make` gives under the block's name. */
  made(segment: Segment, attnum: number, index: number, make: () => StoredColumn): StoredColumn;
}

export class SegmentSource implements RowSource {
  readonly rows: number;
  readonly refBase: number;
  readonly numbers: Int32Array | undefined;
  readonly deleted: DeletedRows | undefined;
  readonly series: SeriesTable;
  readonly minTime: number;
  readonly maxTime: number;
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
  }

  piece(
    attnum: number,
    index: number,
  ): StoredColumn | undefined | Promise<StoredColumn | undefined> {
    const values = this.series.columns.get(attnum);
    if (values !== undefined) {
      return this.#blocks.made(this.#segment, attnum, index, () => this.#spread(values, index));
    }
    if (!this.#header.columns.has(attnum)) return undefined;
    return this.#blocks.block(this.#segment, attnum, index);
  }

  stores(attnum: number): boolean {
    return this.#header.columns.has(attnum);
  }

  times(index: number): Times | Promise<Times> {
    const piece = this.#blocks.block(this.#segment, this.#header.timeColumn, index);
    return piece instanceof Promise ? piece.then(timesOf) : timesOf(piece);
  }

  zones(attnum: number): Zones | undefined {
    return this.#header.columns.get(attnum)?.zones;
  }

  /** A series column's value repeated over the rows of each series. */
  #spread(values: PlainColumn, index: number): PlainColumn {
    const { starts } = this.series;
    const from = index * PIECE_ROWS;
    const to = Math.min(this.rows, from + PIECE_ROWS);
    const nulls = values.nulls === undefined ? undefined : new Uint8Array(to - from);
    const column = emptyLike(values, to - from, nulls);
    for (let s = seriesAt(this.series, from), row = from; row < to; s++) {
      const end = Math.min(to, starts[s + 1]);
      if (nulls !== undefined) nulls.fill((values.nulls as Uint8Array)[s], row - from, end - from);
      if (column.rep === 'text' && values.rep === 'text') {
        column.codes.fill(values.codes[s], row - from, end - from);
      } else if (column.rep === 'f64' && values.rep === 'f64') {
        column.data.fill(values.data[s], row - from, end - from);
      } else if (column.rep === 'bool' && values.rep === 'bool') {
        column.data.fill(values.data[s], row - from, end - from);
      }
      row = end;
    }
    return column;
  }
}

function emptyLike(column: PlainColumn, rows: number, nulls: Uint8Array | undefined): PlainColumn {
  switch (column.rep) {
    case 'f64':
      return { rep: 'f64', data: new Float64Array(rows), nulls };
    case 'bool':
      return { rep: 'bool', data: new Uint8Array(rows), nulls };
    case 'text':
      return { rep: 'text', codes: new Int32Array(rows), dictionary: column.dictionary, nulls };
    case 'any':
      throw new RangeError('a series column of plain values');
  }
}
