import { afterEach, describe, expect, it } from 'vitest';
import {
  borrowDoubles,
  bytesWaiting,
  forgetWaiting,
  giveBack,
} from '../../../../src/base/lent-arrays.ts';
import { HeadBuffer } from '../../../../src/storage/hypertable/head.ts';
import { RetiredHeads } from '../../../../src/storage/hypertable/retired-heads.ts';
import { batchOf, column, hypertable, OID } from './support.ts';

const TABLE = hypertable([column(1, 'time', OID.timestamptz)], { chunkInterval: 1000 });

/** Timers that ring when the test says so. */
class Bells {
  #callbacks: (() => void)[] = [];

  readonly timers = {
    after: (_ms: number, callback: () => void): (() => void) => {
      this.#callbacks.push(callback);
      return () => (this.#callbacks = this.#callbacks.filter((each) => each !== callback));
    },
    yield: (): Promise<void> => Promise.resolve(),
    soon: (): void => undefined,
  };

  ring(): number {
    const due = this.#callbacks.splice(0);
    for (const callback of due) callback();
    return due.length;
  }
}

function fullHead(): HeadBuffer {
  const head = new HeadBuffer(1, {
    dictionaryOf: () => {
      throw new Error('no texts here');
    },
    missingOf: () => null,
  });
  const rows = Array.from({ length: 100 }, (_, i) => [i]);
  head.append([1], batchOf(TABLE, rows));
  return head;
}

describe('RetiredHeads', () => {
  afterEach(forgetWaiting);

  it('takes the memory of heads that no view can read', () => {
    const retired = new RetiredHeads(new Bells().timers);
    retired.add(fullHead(), 5);
    const before = bytesWaiting();
    retired.release(5);
    expect(bytesWaiting()).toBe(before);
    retired.release(6);
    expect(bytesWaiting()).toBeGreaterThan(before);
  });

  it('lets memory go when none has come back for a while', () => {
    const bells = new Bells();
    const retired = new RetiredHeads(bells.timers);
    giveBack(borrowDoubles(1000));
    retired.noteUse();
    expect(bells.ring()).toBe(1);
    expect(bytesWaiting()).toBeGreaterThan(0);
    retired.noteUse();
    expect(bells.ring()).toBe(1);
    expect(bytesWaiting()).toBeGreaterThan(0);
    expect(bells.ring()).toBe(1);
    expect(bytesWaiting()).toBe(0);
    expect(bells.ring()).toBe(0);
  });

  it('lets it go at the end', () => {
    const bells = new Bells();
    const retired = new RetiredHeads(bells.timers);
    giveBack(borrowDoubles(1000));
    retired.noteUse();
    retired.close();
    expect(bytesWaiting()).toBe(0);
    retired.noteUse();
    expect(bells.ring()).toBe(0);
  });
});
