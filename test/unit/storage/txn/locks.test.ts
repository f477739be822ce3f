import { describe, expect, it } from 'vitest';
import type { Timers } from '../../../../src/base/env.ts';
import { LockManager, type LockMode, type LockOwner } from '../../../../src/storage/txn/locks.ts';
import { codeOf, errorOf } from '../helpers.ts';

class ManualTimers implements Timers {
  callbacks: (() => void)[] = [];
  after(_ms: number, callback: () => void): () => void {
    this.callbacks.push(callback);
    return () => {
      this.callbacks = this.callbacks.filter((each) => each !== callback);
    };
  }
  yield(): Promise<void> {
    return Promise.resolve();
  }
  soon(callback: () => void): void {
    this.callbacks.push(callback);
  }
}

function setUp() {
  const timers = new ManualTimers();
  const locks = new LockManager(timers);
  const owner = (id: number): LockOwner => locks.openOwner(id);
  const take = (by: LockOwner, key: number, mode: LockMode = 'exclusive', wait = true) =>
    locks.acquire(by, { space: 'tuple', key, mode, wait });
  return { timers, locks, owner, take };
}

const settled = async (promise: boolean | Promise<boolean>): Promise<boolean> => {
  let done = false;
  void Promise.resolve(promise).then(
    () => (done = true),
    () => (done = true),
  );
  for (let i = 0; i < 5; i++) await Promise.resolve();
  return done;
};

describe('LockManager', () => {
  it('grants in the order of requests, and shared locks together', async () => {
    const { locks, owner, take } = setUp();
    const [a, b, c, d] = [owner(1), owner(2), owner(3), owner(4)];
    expect(take(a, 1)).toBe(true);
    expect(take(a, 1)).toBe(true);
    const second = take(b, 1, 'shared');
    const third = take(c, 1, 'shared');
    const fourth = take(d, 1);
    expect(await settled(second)).toBe(false);
    locks.releaseAll(a);
    expect([await second, await third]).toEqual([true, true]);
    expect(await settled(fourth)).toBe(false);
    // Nobody overtakes the writer that waits.
    expect(take(owner(5), 1, 'shared', false)).toBe(false);
    locks.releaseAll(b);
    expect(await settled(fourth)).toBe(false);
    locks.releaseAll(c);
    expect(await fourth).toBe(true);
    locks.releaseAll(d);
    expect(take(owner(6), 1, 'exclusive', false)).toBe(true);
  });

  it('upgrades a shared lock ahead of the queue', async () => {
    const { locks, owner, take } = setUp();
    const [a, b, c] = [owner(1), owner(2), owner(3)];
    take(a, 1, 'shared');
    take(b, 1, 'shared');
    const waiting = take(c, 1);
    const upgrade = take(a, 1, 'exclusive');
    locks.releaseAll(b);
    expect(await upgrade).toBe(true);
    expect(await settled(waiting)).toBe(false);
    locks.releaseAll(a);
    expect(await waiting).toBe(true);
  });

  it('breaks circles of waits, over three owners and over an upgrade', async () => {
    const { locks, owner, take } = setUp();
    const [a, b, c] = [owner(1), owner(2), owner(3)];
    take(a, 1);
    take(b, 2);
    take(c, 3);
    const first = take(a, 2);
    const second = take(b, 3);
    const error = await errorOf(Promise.resolve(take(c, 1)));
    expect(error.code).toBe('40P01');
    expect(error.message).toBe('deadlock detected');
    expect(error.fields.detail).toBe(
      [
        'Process 3 waits for ExclusiveLock on tuple 1; blocked by process 1.',
        'Process 1 waits for ExclusiveLock on tuple 2; blocked by process 2.',
        'Process 2 waits for ExclusiveLock on tuple 3; blocked by process 3.',
      ].join('\n'),
    );
    locks.releaseAll(c);
    expect(await second).toBe(true);
    locks.releaseAll(b);
    expect(await first).toBe(true);
    const [d, e] = [owner(4), owner(5)];
    take(d, 9, 'shared');
    take(e, 9, 'shared');
    void Promise.resolve(take(d, 9)).catch(() => undefined);
    expect(await codeOf(Promise.resolve(take(e, 9)))).toBe('40P01');
  });

  it('ends waits by time-out and interrupt, and lets the next one in', async () => {
    const { timers, locks, owner, take } = setUp();
    const [a, b, c] = [owner(1), owner(2), owner(3)];
    take(a, 1, 'shared');
    b.lockTimeoutMs = 50;
    const blocked = take(b, 1);
    const behind = take(c, 1, 'shared');
    timers.callbacks[0]?.();
    const error = await errorOf(Promise.resolve(blocked));
    expect([error.code, error.message]).toEqual([
      '55P03',
      'canceling statement due to lock timeout',
    ]);
    expect(await behind).toBe(true);
    const waiting = take(owner(9), 1);
    expect(await settled(waiting)).toBe(false);
    b.lockTimeoutMs = 0;
    const interrupted = take(b, 1);
    locks.interrupt(b, new Error('stop'));
    await expect(interrupted).rejects.toThrow('stop');
    expect(timers.callbacks).toHaveLength(0);
    locks.interrupt(b, new Error('nothing waits'));
  });
});
