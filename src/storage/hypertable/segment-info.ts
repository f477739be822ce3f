/** What chunks and segments hold and take, for those who look after a database. */
import type { TableDescriptor } from '../../catalog/catalog.ts';
import type { ChunkInfo, SegmentColumnInfo, SegmentInfo } from '../storage.ts';
import { blockEncoding } from './block-encoding.ts';
import { PIECE_ROWS } from './row-source.ts';
import type { SegmentKeeper } from './segment-keeper.ts';
import type { Segment } from './segment.ts';
import { chunkName, chunkRows, headRows, type ChunkState, type TableState } from './state.ts';

export async function* segmentInfos(
  keeper: SegmentKeeper,
  table: TableDescriptor,
  state: TableState | undefined,
): AsyncGenerator<SegmentInfo> {
  for (const chunk of state?.chunks ?? []) {
    for (const { segment, deleted } of chunk.segments) {
      const { series } = await keeper.header(segment, (state as TableState).runtime);
      const { id, rows, bytes, minTime, maxTime, segmentBy, isCompacted } = segment;
      yield {
        chunk: chunkName(table.oid, chunk.id),
        id,
        rows,
        deletedRows: deleted?.count ?? 0,
        bytes,
        minTime,
        maxTime,
        series: series.count,
        segmentBy,
        isCompacted,
      };
    }
    if ((chunk.head?.rows ?? 0) > 0) yield headInfo(table, chunk);
  }
}

function headInfo(table: TableDescriptor, { id, head }: ChunkState): SegmentInfo {
  return {
    chunk: chunkName(table.oid, id),
    id: 0,
    rows: head?.rows ?? 0,
    deletedRows: head?.deleted?.count ?? 0,
    bytes: head?.buffer.bytes ?? 0,
    minTime: head?.buffer.minTime ?? Infinity,
    maxTime: head?.buffer.maxTime ?? -Infinity,
    series: 0,
    segmentBy: [],
    isCompacted: false,
  };
}

export async function* segmentColumnInfos(
  keeper: SegmentKeeper,
  table: TableDescriptor,
  state: TableState | undefined,
): AsyncGenerator<SegmentColumnInfo> {
  for (const { id, segments } of state?.chunks ?? []) {
    for (const { segment } of segments) {
      const { columns } = await keeper.header(segment, (state as TableState).runtime);
      const chunk = chunkName(table.oid, id);
      for (const attnum of segment.segmentBy) {
        yield { chunk, segment: segment.id, attnum, blocks: 0, bytes: 0, encodings: ['series'] };
      }
      for (const attnum of columns.keys()) {
        const stored = await storedColumn(keeper, segment, attnum);
        yield { chunk, segment: segment.id, attnum, ...stored };
      }
    }
  }
}

async function storedColumn(
  keeper: SegmentKeeper,
  segment: Segment,
  attnum: number,
): Promise<{ blocks: number; bytes: number; encodings: string[] }> {
  const blocks = Math.ceil(segment.rows / PIECE_ROWS);
  const encodings = new Set<string>();
  let bytes = 0;
  for (let block = 0; block < blocks; block++) {
    const stored = await keeper.storedBlock(segment, attnum, block);
    bytes += stored.length;
    encodings.add(blockEncoding(stored));
  }
  return { blocks, bytes, encodings: [...encodings] };
}

/** The chunks that have rows, or had some. */
export function chunkInfos(table: TableDescriptor, state: TableState | undefined): ChunkInfo[] {
  const result: ChunkInfo[] = [];
  for (const chunk of state?.chunks ?? []) {
    if (chunk.head === undefined && chunk.segments.length === 0) continue;
    let bytes = chunk.head?.buffer.bytes ?? 0;
    for (const { segment } of chunk.segments) bytes += segment.bytes;
    result.push({
      id: chunk.id,
      name: chunkName(table.oid, chunk.id),
      rangeStart: chunk.rangeStart,
      rangeEnd: chunk.rangeEnd,
      rows: chunkRows(chunk),
      bytes,
      headRows: headRows(chunk),
    });
  }
  return result;
}
