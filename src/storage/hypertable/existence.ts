/** Whether rows were there in an older state: refs of collisions come from the newest one. */
import { currentRef } from './moved-rows.ts';
import { chunkStartingAt, SLOT_ROWS, type ChunkState, type TableState } from './state.ts';

/** Tells of refs, of the older state or of a newer one, whether their rows were in the older state. */
export function existence(state: TableState | undefined): (ref: number) => boolean {
  const moved = new Map<ChunkState, Set<number>>();
  return (ref) => {
    if (state === undefined) return false;
    const slot = Math.floor(ref / SLOT_ROWS);
    const target = state.runtime.slots.get(slot);
    const chunk = target === undefined ? undefined : chunkStartingAt(state, target.chunk);
    if (chunk === undefined) return false;
    if (chunk.head?.slot === slot) return ref % SLOT_ROWS < chunk.head.rows;
    if (chunk.segments.some((segment) => segment.slot === slot)) return true;
    // The slot is younger than the state: what a flush has put there was elsewhere before.
    let refs = moved.get(chunk);
    if (refs === undefined) moved.set(chunk, (refs = movedRefs(state, chunk)));
    return refs.has(ref);
  };
}

/** The newest refs of the chunk's rows that a flush has moved since. */
function movedRefs({ runtime }: TableState, chunk: ChunkState): Set<number> {
  const refs = new Set<number>();
  const holders = chunk.segments.map(({ slot, segment }) => ({ slot, rows: segment.rows }));
  if (chunk.head !== undefined) holders.push(chunk.head);
  for (const { slot, rows } of holders) {
    if (!runtime.moves.has(slot)) continue;
    for (let row = 0; row < rows; row++) {
      const now = currentRef(runtime, slot * SLOT_ROWS + row);
      if (now !== undefined) refs.add(now);
    }
  }
  return refs;
}
