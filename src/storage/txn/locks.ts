/**
 * Locks held to the end of a transaction: on rows, unique keys, tables, chunks and the catalog. Queues
 * are first in, first out; a request that would close a circle of waits fails at once with 40P01.
 *
 * An uncontended lock costs one map entry, the holder itself; queues exist only where somebody waits.
 */
import type { Timers } from '../../base/env.ts';
import { dbError, type DbError } from '../../errors/db-error.ts';
import { LongList } from '../../vector/long-list.ts';
import { SplitMap } from '../split-map.ts';
import type { Turns } from '../turns.ts';

/** Locks released between two looks at the clock. */
const RELEASED_PER_STEP = 4_096;

export type LockMode = 'shared' | 'exclusive';
export type LockKey = string | number;

/** Who holds and waits: one per transaction. */
export interface LockOwner {
  readonly id: number;
  /** What messages call it: the process id of its session. */
  readonly process: number;
  /** Milliseconds that a request may wait, 0 for ever. */
  lockTimeoutMs: number;
  readonly held: HeldLocks;
  /** Shared waits at most one: a transaction runs one statement at a time. */
  waiting: Waiter | undefined;
}

export interface LockRequest {
  /** Separates kinds of keys: `row 16384`, `key 16390`, `table`. */
  readonly space: string;
  readonly key: LockKey;
  readonly mode: LockMode;
  /** False: do not wait. */
  readonly wait: boolean;
}

type Space = SplitMap<LockKey, Slot>;

/** Locks in the order in which they were taken. */
class HeldLocks {
  readonly spaces = new LongList<Space>();
  readonly keys = new LongList<LockKey>();

  get length(): number {
    return this.keys.length;
  }

  push(space: Space, key: LockKey): void {
    this.spaces.push(space);
    this.keys.push(key);
  }

  cutAt(length: number): void {
    this.spaces.cutAt(length);
    this.keys.cutAt(length);
  }
}

interface Waiter {
  readonly owner: LockOwner;
  readonly mode: LockMode;
  readonly queue: LockQueue;
  readonly description: string;
  readonly grant: () => void;
  readonly fail: (error: Error) => void;
}

interface LockQueue {
  key: LockKey;
  readonly holders: Map<LockOwner, LockMode>;
  readonly waiters: Waiter[];
}

/** An exclusive holder without company is stored bare. */
type Slot = LockOwner | LockQueue;

export class LockManager {
  readonly #timers: Timers;
  readonly #spaces = new Map<string, Space>();

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  openOwner(id: number, process = id): LockOwner {
    return { id, process, lockTimeoutMs: 0, held: new HeldLocks(), waiting: undefined };
  }

  /**
   * Takes a lock. True or false come back at once (false only without `wait`); a promise rejects with
   * 40P01, 55P03, or the reason of an interrupt.
   */
  acquire(owner: LockOwner, request: LockRequest): boolean | Promise<boolean> {
    let space = this.#spaces.get(request.space);
    if (space === undefined) this.#spaces.set(request.space, (space = new SplitMap()));
    const slot = space.get(request.key);
    if (slot === undefined) {
      space.set(
        request.key,
        request.mode === 'exclusive'
          ? owner
          : { key: request.key, holders: new Map([[owner, 'shared']]), waiters: [] },
      );
      owner.held.push(space, request.key);
      return true;
    }
    if (slot === owner) return true;
    const queue = asQueue(slot, request.key);
    if (queue !== slot) space.set(request.key, queue);
    const held = queue.holders.get(owner);
    if (held === 'exclusive' || held === request.mode) return true;
    if (canGrant(queue, owner, request.mode, queue.waiters.length)) {
      queue.holders.set(owner, request.mode);
      if (held === undefined) owner.held.push(space, request.key);
      return true;
    }
    return request.wait ? this.#wait(owner, request, queue, space) : false;
  }

  releaseAll(owner: LockOwner): void {
    this.releaseFrom(owner, 0);
  }

  /** As `releaseAll`, with a pause after every so many. */
  async releaseInTurns(owner: LockOwner, turns: Turns): Promise<void> {
    while (owner.held.length > RELEASED_PER_STEP) {
      this.releaseFrom(owner, owner.held.length - RELEASED_PER_STEP);
      await turns.checkpoint();
    }
    this.releaseFrom(owner, 0);
  }

  /** Releases all but the first `kept` locks that the owner took. */
  releaseFrom(owner: LockOwner, kept: number): void {
    const { held } = owner;
    const end = held.length;
    for (let i = kept; i < end; i++) {
      const space = held.spaces.at(i);
      const key = held.keys.at(i);
      const slot = space.get(key);
      if (slot === owner) {
        space.delete(key);
      } else if (slot !== undefined && isQueue(slot)) {
        slot.holders.delete(owner);
        grantWaiters(slot, space, key);
      }
    }
    held.cutAt(kept);
  }

  /** How an owner holds a lock; undefined where it does not. */
  heldMode(owner: LockOwner, spaceName: string, key: LockKey): LockMode | undefined {
    const slot = this.#spaces.get(spaceName)?.get(key);
    if (slot === owner) return 'exclusive';
    return slot !== undefined && isQueue(slot) ? slot.holders.get(owner) : undefined;
  }

  /** Waits until no other owner holds the lock; undefined where none does. Takes nothing. */
  awaitFree(owner: LockOwner, spaceName: string, key: LockKey): Promise<void> | undefined {
    const request = { space: spaceName, key, mode: 'shared' as const, wait: true };
    if (this.heldMode(owner, spaceName, key) !== undefined) return undefined;
    if (this.#spaces.get(spaceName)?.has(key) !== true) return undefined;
    const before = owner.held.length;
    const granted = this.acquire(owner, request);
    if (granted instanceof Promise) return granted.then(() => this.releaseFrom(owner, before));
    this.releaseFrom(owner, before);
    return undefined;
  }

  /**
   * Gives locks of a space other keys, for things that got other names; undefined where a thing is gone,
   * whose lock then keeps its key. No two may get the same.
   */
  rename(spaceName: string, nameOf: (key: LockKey) => LockKey | undefined): void {
    const space = this.#spaces.get(spaceName);
    if (space === undefined || space.size === 0) return;
    const names = new Map<LockKey, LockKey>();
    const owners = new Set<LockOwner>();
    for (const [key, slot] of space) {
      const name = nameOf(key);
      if (name === undefined || name === key) continue;
      names.set(key, name);
      if (isQueue(slot)) for (const holder of slot.holders.keys()) owners.add(holder);
      else owners.add(slot);
    }
    for (const { held } of owners) {
      for (let i = 0; i < held.length; i++) {
        if (held.spaces.at(i) !== space) continue;
        const name = names.get(held.keys.at(i));
        if (name !== undefined) held.keys.replace(i, name);
      }
    }
    const moved = [...names].map(([key, name]) => ({ key, name, slot: space.get(key) as Slot }));
    for (const { key } of moved) space.delete(key);
    for (const { name, slot } of moved) {
      if (isQueue(slot)) slot.key = name;
      space.set(name, slot);
    }
  }

  /** Ends the owner's wait, if it waits, with `reason`. */
  interrupt(owner: LockOwner, reason: Error): void {
    owner.waiting?.fail(reason);
  }

  #wait(owner: LockOwner, request: LockRequest, queue: LockQueue, space: Space): Promise<boolean> {
    return new Promise((resolve, reject) => {
      let cancelTimer: (() => void) | undefined;
      const finish = (): void => {
        cancelTimer?.();
        owner.waiting = undefined;
      };
      const waiter: Waiter = {
        owner,
        mode: request.mode,
        queue,
        description: `${request.mode === 'shared' ? 'ShareLock' : 'ExclusiveLock'} on ${request.space} ${printable(request.key)}`,
        grant: () => {
          finish();
          if (!queue.holders.has(owner)) owner.held.push(space, queue.key);
          queue.holders.set(owner, request.mode);
          resolve(true);
        },
        fail: (error) => {
          finish();
          const i = queue.waiters.indexOf(waiter);
          if (i >= 0) queue.waiters.splice(i, 1);
          grantWaiters(queue, space, queue.key);
          reject(error);
        },
      };
      // An upgrade goes ahead of the queue: those behind it wait for its shared lock anyway.
      if (queue.holders.has(owner)) queue.waiters.unshift(waiter);
      else queue.waiters.push(waiter);
      owner.waiting = waiter;
      const circle = findCircle(owner);
      if (circle !== undefined) {
        waiter.fail(deadlock(circle));
        return;
      }
      if (owner.lockTimeoutMs > 0) {
        cancelTimer = this.#timers.after(owner.lockTimeoutMs, () =>
          waiter.fail(dbError('lock_not_available', 'canceling statement due to lock timeout')),
        );
      }
    });
  }
}

function isQueue(slot: Slot): slot is LockQueue {
  return 'holders' in slot;
}

function asQueue(slot: Slot, key: LockKey): LockQueue {
  return isQueue(slot) ? slot : { key, holders: new Map([[slot, 'exclusive']]), waiters: [] };
}

/** Whether `owner` gets the lock next to its holders and ahead of nobody among the first `ahead`. */
function canGrant(queue: LockQueue, owner: LockOwner, mode: LockMode, ahead: number): boolean {
  for (const [holder, held] of queue.holders) {
    if (holder !== owner && (mode === 'exclusive' || held === 'exclusive')) return false;
  }
  if (queue.holders.has(owner)) return true;
  return ahead === 0;
}

function grantWaiters(queue: LockQueue, space: Space, key: LockKey): void {
  while (queue.waiters.length > 0) {
    const next = queue.waiters[0] as Waiter;
    if (!canGrant(queue, next.owner, next.mode, 0)) return;
    queue.waiters.shift();
    next.grant();
  }
  if (queue.holders.size === 0 && space.get(key) === queue) space.delete(key);
}

/** Owners that a waiter waits for: holders in its way and, when it is not an upgrade, those ahead. */
function blockersOf(waiter: Waiter): LockOwner[] {
  const { queue, owner, mode } = waiter;
  const blockers: LockOwner[] = [];
  for (const [holder, held] of queue.holders) {
    if (holder !== owner && (mode === 'exclusive' || held === 'exclusive')) blockers.push(holder);
  }
  for (const ahead of queue.waiters) {
    if (ahead === waiter) break;
    blockers.push(ahead.owner);
  }
  return blockers;
}

/** A path of waits from `start` back to itself. */
function findCircle(start: LockOwner): LockOwner[] | undefined {
  const seen = new Set<LockOwner>();
  const path: LockOwner[] = [];
  const visit = (owner: LockOwner): boolean => {
    if (owner.waiting === undefined) return false;
    path.push(owner);
    for (const blocker of blockersOf(owner.waiting)) {
      if (blocker === start) return true;
      if (seen.has(blocker)) continue;
      seen.add(blocker);
      if (visit(blocker)) return true;
    }
    path.pop();
    return false;
  };
  return visit(start) ? path : undefined;
}

function deadlock(circle: readonly LockOwner[]): DbError {
  const lines = circle.map((owner, i) => {
    const blocker = circle[(i + 1) % circle.length] as LockOwner;
    const wanted = (owner.waiting as Waiter).description;
    return `Process ${owner.process} waits for ${wanted}; blocked by process ${blocker.process}.`;
  });
  return dbError('deadlock_detected', {
    message: 'deadlock detected',
    detail: lines.join('\n'),
    hint: 'See server log for query details.',
  });
}

/** Unique keys are binary: only a row's or table's number is worth showing. */
function printable(key: LockKey): string {
  return typeof key === 'number' ? String(key) : 'value';
}
