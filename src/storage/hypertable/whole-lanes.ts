/** Whole columns that a segment is written from as lanes, which never become doubles. */
import type { Timers } from '../../base/env.ts';
import { freeBlock } from '../../kernels/memory.ts';
import type { Lanes } from '../../vector/lanes.ts';
import { boundedLanes, joinLanes, type BoundedLanes } from './page-lanes.ts';
import { PIECE_ROWS, pieceCount, type RowSource } from './row-source.ts';

/**
 * A column over all rows of all sources as lanes of one kind, which are the caller's to free; undefined
 * where it has NULLs, or numbers that lanes do not hold.
 */
export async function wholeLanes(
  sources: readonly RowSource[],
  attnum: number,
  timers: Timers,
): Promise<Lanes | undefined> {
  const [only] = sources;
  if (sources.length === 1 && only.wholeLanes !== undefined) {
    return (await only.wholeLanes(attnum))?.lanes;
  }
  const pages: BoundedLanes[] = [];
  const copies: Lanes[] = [];
  try {
    for (const source of sources) {
      if (source.wholeLanes !== undefined) {
        const lanes = (await source.wholeLanes(attnum))?.lanes;
        if (lanes === undefined) return undefined;
        copies.push(lanes);
        pages.push(boundedLanes(lanes, source.rows));
        await timers.yield();
        continue;
      }
      for (let index = 0; index < pieceCount(source); index++) {
        const piece = await source.piece(attnum, index);
        if (piece?.rep !== 'lanes' || piece.nulls !== undefined) return undefined;
        const rows = Math.min(PIECE_ROWS, source.rows - index * PIECE_ROWS);
        pages.push(boundedLanes(piece.lanes, rows));
        await timers.yield();
      }
    }
    return joinLanes(pages);
  } finally {
    for (const { block } of copies) freeBlock(block);
  }
}
