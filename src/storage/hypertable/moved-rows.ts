/**
 * Where a flush has put rows. Refs that a transaction read before the flush stay good: they are brought
 * forward when they are used. The record of a move goes when no older view is left.
 */
import { lowerBound } from '../../base/lower-bound.ts';
import type { Sequence } from '../log/commit-log.ts';
import { SLOT_ROWS, type TableRuntime } from './state.ts';

/** Says where the rows of one slot went. */
export interface Move {
  /** Views up to this sequence may still give out refs of the slot. */
  readonly sequence: Sequence;
  /** The row's next ref; undefined for a row that was deleted before the move. */
  forward(row: number): number | undefined;
}

/** The ref that a row has now; undefined where it is gone. */
export function currentRef(runtime: TableRuntime, ref: number): number | undefined {
  let now: number | undefined = ref;
  while (now !== undefined) {
    const move = runtime.moves.get(Math.floor(now / SLOT_ROWS));
    if (move === undefined) return now;
    now = move.forward(now % SLOT_ROWS);
  }
  return undefined;
}

/** Forgets moves that no view needs. */
export function forgetMoves(runtime: TableRuntime, released: Sequence): void {
  for (const [slot, { sequence }] of runtime.moves) {
    if (sequence < released) {
      runtime.moves.delete(slot);
      runtime.slots.delete(slot);
    }
  }
}

/** Position of a row among the kept ones; undefined where it is not one of them. */
export function rankOf(kept: Int32Array | undefined, row: number): number | undefined {
  if (kept === undefined) return row;
  const at = lowerBound(kept, row);
  return kept[at] === row ? at : undefined;
}
