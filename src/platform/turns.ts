/**
 * Turns of the event loop, shared fairly. Each who gives way waits in one line. In a turn those at its
 * front go on, one after the other, until a slice of time has passed; the others keep their places,
 * and what has come from the network is handled first.
 */
import { SHORT_SLICE_MS } from '../base/slice.ts';

export class TurnLine {
  readonly #now: () => number;
  readonly #line: (() => void)[] = [];
  #first = 0;
  /** When the first of this turn went on; undefined before. */
  #start: number | undefined;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Resolves in a later turn. */
  wait(): Promise<void> {
    return new Promise((resolve) => {
      this.#line.push(resolve);
      setImmediate(this.#goOn);
    });
  }

  /** There is one call to come for each in the line; what it resolves runs before the next call. */
  readonly #goOn = (): void => {
    const now = this.#now();
    if (this.#start === undefined) {
      this.#start = now;
      // The first that the next turn does: it was asked for before anything else of that turn.
      setImmediate(this.#end);
    } else if (now - this.#start >= SHORT_SLICE_MS) {
      setImmediate(this.#goOn);
      return;
    }
    this.#shift()();
  };

  readonly #end = (): void => {
    this.#start = undefined;
  };

  #shift(): () => void {
    const resolve = this.#line[this.#first++];
    if (this.#first === this.#line.length) {
      this.#line.length = 0;
      this.#first = 0;
    } else if (this.#first === 1024) {
      this.#line.splice(0, this.#first);
      this.#first = 0;
    }
    return resolve;
  }
}
