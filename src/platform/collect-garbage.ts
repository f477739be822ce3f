/** Asks V8 to collect garbage: it does not see memory that only finalizers give back. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { beginMarking } from './marking.ts';

type Collect = (options: { type: 'major'; execution: 'async' }) => Promise<void> | undefined;

/** Calls during one collection after which it has to be done at once. */
const PATIENCE = 3;

let collect: Collect | undefined;
/** Calls since the last collection began. */
let asked = 0;

/** Knows that a full collection is done: only these find what nothing refers to. */
const witness = new FinalizationRegistry(() => {
  asked = 0;
});

/**
 * Has a full collection begin soon, which goes on in small steps beside the work. Who calls again and
 * again before it is done gets one that does all at once, in some tenths of a second.
 */
export function collectGarbage(): void {
  asked++;
  if (asked === 1) {
    witness.register({}, undefined);
    beginMarking();
  } else if (asked === PATIENCE) collectAtOnce();
}

function collectAtOnce(): void {
  if (collect === undefined) {
    // Contexts made after this have the function; ours, and the user's, stay as they are.
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as Collect;
    setFlagsFromString('--no-expose-gc');
  }
  void collect({ type: 'major', execution: 'async' });
}
