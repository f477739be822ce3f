/** Slots: where a segment's or a head's rows are, whatever flushes have made of them. */
import { InternalError } from '../../errors/db-error.ts';
import { currentRef } from './moved-rows.ts';
import { chunkStartingAt, SLOT_ROWS, type ChunkState, type TableState } from './state.ts';

/** Throws for a slot that no chunk of the table knows. */
export function targetOfSlot(
  state: TableState | undefined,
  slot: number,
): { chunk: ChunkState; segment: number } {
  const target = state?.runtime.slots.get(slot);
  const chunk =
    state === undefined || target === undefined ? undefined : chunkStartingAt(state, target.chunk);
  if (chunk === undefined || target === undefined) {
    throw new InternalError(`row refs of slot ${slot} are stale`);
  }
  return { chunk, segment: target.segment };
}

export function holdsSlot(chunk: ChunkState, slot: number): boolean {
  return chunk.head?.slot === slot || chunk.segments.some((segment) => segment.slot === slot);
}

/** Whether the row that had this ref is there. */
export function isLive(state: TableState | undefined, read: number): boolean {
  const ref = state === undefined ? undefined : currentRef(state.runtime, read);
  if (ref === undefined) return false;
  const slot = Math.floor(ref / SLOT_ROWS);
  const target = state?.runtime.slots.get(slot);
  if (state === undefined || target === undefined) return false;
  const chunk = chunkStartingAt(state, target.chunk);
  const holder =
    chunk?.head?.slot === slot
      ? chunk.head
      : chunk?.segments.find((segment) => segment.slot === slot);
  if (holder === undefined) return false;
  const row = ref % SLOT_ROWS;
  const { deleted } = holder;
  return deleted === undefined || ((deleted.bits[row >> 3] ?? 0) & (1 << (row & 7))) === 0;
}
