/** Turns for the event loop while a statement runs. */
import { SLICE_MS } from '../base/slice.ts';
import type { Checkpoint } from './session.ts';
import type { SessionImpl } from './session-impl.ts';

/** A checkpoint of the statement that runs now, in a slice of so many milliseconds that begins now. */
export function checkpointOf(
  { database, cancelState }: Pick<SessionImpl, 'database' | 'cancelState'>,
  sliceMs = SLICE_MS,
): Checkpoint {
  const { clock, timers } = database.env;
  let sliceStart = clock.monotonicMs();
  return () => {
    if (cancelState.reason !== undefined) throw cancelState.reason;
    const now = clock.monotonicMs();
    if (now - sliceStart < sliceMs) return undefined;
    return timers.yield().then(() => {
      sliceStart = clock.monotonicMs();
      if (cancelState.reason !== undefined) throw cancelState.reason;
    });
  };
}
