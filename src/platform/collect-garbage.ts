/** Asks V8 to collect garbage: it does not see memory that only finalizers give back. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collect = (options: { type: 'major'; execution: 'async' }) => Promise<void> | undefined;

let collect: Collect | undefined;
let isUnderWay = false;

/** Starts a full collection soon; does nothing while one is under way. */
export function collectGarbage(): void {
  if (isUnderWay) return;
  isUnderWay = true;
  if (collect === undefined) {
    // Contexts made after this have the function; ours, and the user's, stay as they are.
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as Collect;
    setFlagsFromString('--no-expose-gc');
  }
  const done = (): void => {
    isUnderWay = false;
  };
  Promise.resolve(collect({ type: 'major', execution: 'async' })).then(done, done);
}
