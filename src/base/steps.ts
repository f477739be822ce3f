/** Work as a generator that stops now and then, where its caller may give way to others. */

/** Work towards a T that yields at least once in some milliseconds. */
export type Stepped<T> = Generator<void, T, unknown>;

/** What such work gives at its end. */
export type Steps<T> = Generator<void, T, void>;

/** Takes steps to their end at once. */
export function finishNow<T>(steps: Iterator<void, T, void>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** Takes steps to their end; `pause` is called between two, and waited for where it gives a promise. */
export async function finishInTurns<T>(
  steps: Iterator<void, T, void>,
  pause: () => Promise<void> | undefined,
): Promise<T> {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    const waiting = pause();
    if (waiting !== undefined) await waiting;
  }
}
