/** Turns for the event loop while a statement runs. */
import { SLICE_MS } from '../base/slice.ts';
import type { ParseTurns } from '../parse/parse-in-turns.ts';
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

/** The turns that texts are parsed with; `checkTime` throws where that has taken too long. */
export function parseTurns(
  session: Pick<SessionImpl, 'database' | 'cancelState'>,
  checkTime?: () => void,
): ParseTurns {
  const { timers } = session.database.env;
  const giveWay = checkpointOf(session);
  return {
    checkpoint() {
      checkTime?.();
      return giveWay();
    },
    wait: (ms) => new Promise((resolve) => void timers.after(ms, resolve)),
  };
}
