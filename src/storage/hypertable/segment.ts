/** A stored segment as states refer to it, and the header that scans load when they first need it. */
import type { SqlType } from '../../types/type.ts';
import { BytesWriter, type BytesReader } from './bytes-io.ts';
import { openVersions, sealed } from './column-block.ts';
import { packNumbers, unpackNumbers } from './pack-numbers.ts';
import { packVector, unpackVector } from './packing.ts';
import type { Zones } from './row-source.ts';
import type { SegmentAddress } from './segment-keys.ts';
import type { SeriesTable } from './series-table.ts';
import type { SketchHeader } from './sketch-parts.ts';
import { toVector, type PlainColumn } from './stored-column.ts';
import type { TextDictionary } from './text-dictionary.ts';
import type { Vector } from '../../vector/vector.ts';

export interface Segment {
  readonly id: number;
  readonly address: SegmentAddress;
  readonly rows: number;
  readonly bytes: number;
  readonly minTime: number;
  readonly maxTime: number;
  /** attnums of the columns that make its series. */
  readonly segmentBy: readonly number[];
  /** It has all rows of its series that the chunk had when it was compacted. */
  readonly isCompacted: boolean;
}

export interface SegmentColumn {
  readonly type: SqlType;
  readonly zones: Zones | undefined;
}

export interface SegmentHeader {
  readonly timeColumn: number;
  readonly series: SeriesTable;
  /** Types of the segment-by columns. */
  readonly seriesTypes: ReadonlyMap<number, SqlType>;
  /** The columns with blocks, by attnum. */
  readonly columns: ReadonlyMap<number, SegmentColumn>;
  /** undefined where there are no sketches. */
  readonly sketch: SketchHeader | undefined;
}

/** Version 1 ends before the sketches. */
const OLDEST = 1;
const VERSION = 2;

export function encodeHeader(header: SegmentHeader): Uint8Array {
  const { series } = header;
  const writer = new BytesWriter(4096);
  writer.u32(0);
  writer.u8(VERSION);
  writer.u16(header.timeColumn);
  writer.u32(series.count);
  packNumbers(writer, Float64Array.from(series.starts), series.count + 1);
  packNumbers(writer, series.minTimes, series.count);
  packNumbers(writer, series.maxTimes, series.count);
  writer.u16(series.segmentBy.length);
  for (const attnum of series.segmentBy) {
    const type = header.seriesTypes.get(attnum) as SqlType;
    writer.u16(attnum);
    writer.u32(type.oid);
    writer.i32(type.typmod);
    const column = series.columns.get(attnum) as PlainColumn;
    packVector(writer, toVector(column, type, 0, series.count), series.count);
  }
  writer.u16(header.columns.size);
  for (const [attnum, { type, zones }] of header.columns) {
    writer.u16(attnum);
    writer.u32(type.oid);
    writer.i32(type.typmod);
    const vectors = zones?.minimums.length ?? 0;
    writer.u32(vectors);
    if (zones === undefined) continue;
    packNumbers(writer, zones.minimums, vectors);
    packNumbers(writer, zones.maximums, vectors);
  }
  writeSketch(writer, header.sketch);
  return sealed(writer);
}

function writeSketch(writer: BytesWriter, sketch: SketchHeader | undefined): void {
  writer.f64(sketch?.width ?? 0);
  if (sketch === undefined) return;
  writer.u32(sketch.intervals);
  writer.u16(sketch.columns.size);
  for (const [attnum, has] of sketch.columns) {
    writer.u16(attnum);
    writer.u8(has);
  }
}

function readSketch(reader: BytesReader): SketchHeader | undefined {
  const width = reader.f64();
  if (width === 0) return undefined;
  const intervals = reader.u32();
  const columns = new Map<number, number>();
  for (let n = reader.u16(); n > 0; n--) columns.set(reader.u16(), reader.u8());
  return { width, intervals, columns };
}

export function decodeHeader(
  bytes: Uint8Array | undefined,
  dictionaryOf: (attnum: number) => TextDictionary,
): SegmentHeader {
  const { reader, version } = openVersions(bytes, OLDEST, VERSION, 'a segment header');
  const timeColumn = reader.u16();
  const count = reader.u32();
  const starts = Int32Array.from(unpackNumbers(reader, count + 1));
  const minTimes = unpackNumbers(reader, count);
  const maxTimes = unpackNumbers(reader, count);
  const segmentBy: number[] = [];
  const seriesTypes = new Map<number, SqlType>();
  const values = new Map<number, PlainColumn>();
  for (let n = reader.u16(); n > 0; n--) {
    const attnum = reader.u16();
    const type = { oid: reader.u32(), typmod: reader.i32() };
    segmentBy.push(attnum);
    seriesTypes.set(attnum, type);
    values.set(
      attnum,
      toStored(unpackVector(reader, type, count), () => dictionaryOf(attnum)),
    );
  }
  const columns = new Map<number, SegmentColumn>();
  for (let n = reader.u16(); n > 0; n--) {
    const attnum = reader.u16();
    const type = { oid: reader.u32(), typmod: reader.i32() };
    const vectors = reader.u32();
    const zones =
      vectors === 0
        ? undefined
        : { minimums: unpackNumbers(reader, vectors), maximums: unpackNumbers(reader, vectors) };
    columns.set(attnum, { type, zones });
  }
  const series = { count, starts, minTimes, maxTimes, segmentBy, columns: values };
  const sketch = version === OLDEST ? undefined : readSketch(reader);
  return { timeColumn, series, seriesTypes, columns, sketch };
}

function toStored(vector: Vector, dictionaryOf: () => TextDictionary): PlainColumn {
  if (vector.rep !== 'text') return vector;
  const dictionary = dictionaryOf();
  const codes = new Int32Array(vector.length);
  dictionary.translate(vector.dictionary, vector.codes, vector.length, vector.nulls, codes, 0);
  return { rep: 'text', codes, dictionary, nulls: vector.nulls };
}
