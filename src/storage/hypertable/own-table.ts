/** What a transaction has done to a table, beside states that flushes change meanwhile. */
import { currentRef } from './moved-rows.ts';
import { SLOT_ROWS, type TableRuntime } from './state.ts';
import type { OwnChunk, OwnTable } from './writes.ts';

/** Adds the newest refs of deleted rows that flushes have moved. */
export function bringForward(own: OwnTable, runtime: TableRuntime): void {
  if (own.deleted.size === 0 || own.moves === runtime.moveCount) return;
  own.moves = runtime.moveCount;
  for (const slot of runtime.moves.keys()) {
    const base = slot * SLOT_ROWS;
    for (const row of own.deleted.within(base, base + SLOT_ROWS)) {
      const now = currentRef(runtime, base + row);
      if (now !== undefined) own.deleted.add(now);
    }
  }
}

/** The table's own rows as they are now. */
export function frozen(own: OwnTable | undefined): OwnTable | undefined {
  if (own === undefined) return undefined;
  const chunks = new Map<number, OwnChunk>();
  for (const [start, chunk] of own.chunks) {
    chunks.set(start, { ...chunk, numbers: chunk.numbers.slice() });
  }
  return { ...own, chunks, deleted: own.deleted.copy(), dropped: new Set(own.dropped) };
}
