/** Heads that were flushed: their memory goes to the next ones when no view can read them any more. */
import { forgetWaiting } from '../../base/lent-arrays.ts';
import type { Timers } from '../../base/env.ts';
import type { Sequence } from '../log/commit-log.ts';
import type { HeadBuffer } from './head.ts';

/** Memory that waits for so long, up to twice that, is not kept. */
const WAIT_MS = 5_000;

export class RetiredHeads {
  readonly #timers: Timers;
  #heads: { readonly buffer: HeadBuffer; readonly sequence: Sequence }[] = [];
  #cancel: (() => void) | undefined;
  /** Memory has come back since the timer was set. */
  #isInUse = false;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** No state since `sequence` has the head. */
  add(buffer: HeadBuffer, sequence: Sequence): void {
    this.#heads.push({ buffer, sequence });
  }

  /** Views of states before `sequence` are not read any more. */
  release(sequence: Sequence): void {
    const due = this.#heads.filter((head) => head.sequence < sequence);
    if (due.length === 0) return;
    this.#heads = this.#heads.filter((head) => head.sequence >= sequence);
    for (const { buffer } of due) buffer.retire();
    this.noteUse();
  }

  /** Called where memory was given back: it is let go of when nothing has come for a while. */
  noteUse(): void {
    this.#isInUse = true;
    this.#cancel ??= this.#timers.after(WAIT_MS, () => {
      this.#cancel = undefined;
      if (this.#isInUse) this.#waitOn();
      else forgetWaiting();
    });
  }

  close(): void {
    this.#cancel?.();
    this.#cancel = () => undefined;
    forgetWaiting();
  }

  #waitOn(): void {
    this.noteUse();
    this.#isInUse = false;
  }
}
