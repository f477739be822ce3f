/**
 * Locks held to the end of a transaction: on rows, unique keys, tables, chunks and the catalog. Queues
 * are first in, first out; a request that would close a circle of waits fails at once with 40P01.
 *
 * An uncontended lock is two numbers, its key and its holder's; queues exist only where somebody waits.
 */
import type { Timers } from '../../base/env.ts';
import { dbError, type DbError } from '../../errors/db-error.ts';
import type { Turns } from '../turns.ts';
import { IntColumn, NumberColumn } from './columns.ts';
import { wideTextHash } from '../format/hash.ts';
import { NOTHING, NumberMap } from './number-map.ts';
import { RowNumbers } from './row-numbers.ts';

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
  /** What its locks are marked with; NOTHING while it has none. */
  number: number;
  /** Shared waits at most one: a transaction runs one statement at a time. */
  waiting: Waiter | undefined;
}

export interface LockRequest {
  /** Separates kinds of keys: `row 16384`, `key 16390`, `table`. */
  readonly space: string;
  /** Of a text only a hash is kept. */
  readonly key: LockKey;
  /** The key is the hash of something: nothing to show. */
  readonly isHash?: boolean;
  /** The keys of the space are row ids, of which neighbours are locked one after the other. */
  readonly isRow?: boolean;
  readonly mode: LockMode;
  /** False: do not wait. */
  readonly wait: boolean;
}

/** Locks of one kind: by key the number of the owner that holds it alone, or of a queue. */
interface Space {
  readonly number: number;
  readonly slots: Slots;
}

interface Slots {
  readonly size: number;
  get(key: number): number | undefined;
  set(key: number, slot: number): void;
  delete(key: number): void;
  entries(): Iterable<[key: number, slot: number]>;
}

/** Slots below this are queues, the first one counting down from here. */
const FIRST_QUEUE = NOTHING - 1;

/** Locks in the order in which they were taken: the numbers of their spaces, and their keys. */
class HeldLocks {
  readonly spaces = new IntColumn();
  readonly keys = new NumberColumn();

  get length(): number {
    return this.keys.length;
  }

  push(space: Space, key: number): void {
    this.spaces.push(space.number);
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
  key: number;
  readonly slot: number;
  readonly holders: Map<LockOwner, LockMode>;
  readonly waiters: Waiter[];
}

export class LockManager {
  readonly #timers: Timers;
  readonly #spaces = new Map<string, Space>();
  /** By their numbers. */
  readonly #spaceList: Space[] = [];
  readonly #owners = new Numbered<LockOwner>();
  readonly #queues = new Numbered<LockQueue>();

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  openOwner(id: number, process = id): LockOwner {
    const held = new HeldLocks();
    return { id, process, lockTimeoutMs: 0, held, number: NOTHING, waiting: undefined };
  }

  /**
   * Takes a lock. True or false come back at once (false only without `wait`); a promise rejects with
   * 40P01, 55P03, or the reason of an interrupt.
   */
  acquire(owner: LockOwner, request: LockRequest): boolean | Promise<boolean> {
    const space = this.#space(request);
    const key = numberOf(request.key);
    const slot = space.slots.get(key) ?? NOTHING;
    if (slot === NOTHING && request.mode === 'exclusive') {
      if (owner.number === NOTHING) owner.number = this.#owners.add(owner);
      space.slots.set(key, owner.number);
      owner.held.push(space, key);
      return true;
    }
    if (slot !== NOTHING && slot === owner.number) return true;
    const queue = this.#queueOf(space, key, slot);
    const held = queue.holders.get(owner);
    if (held === 'exclusive' || held === request.mode) return true;
    if (canGrant(queue, owner, request.mode, queue.waiters.length)) {
      queue.holders.set(owner, request.mode);
      if (held === undefined) owner.held.push(space, key);
      return true;
    }
    return request.wait ? this.#wait(owner, request, queue, space) : false;
  }

  #space({ space: name, isRow }: LockRequest): Space {
    let space = this.#spaces.get(name);
    if (space === undefined) {
      const slots = isRow === true ? new RowNumbers() : new NumberMap();
      space = { number: this.#spaceList.length, slots };
      this.#spaces.set(name, space);
      this.#spaceList.push(space);
    }
    return space;
  }

  /** The queue of a lock, made where there is none. */
  #queueOf(space: Space, key: number, slot: number): LockQueue {
    if (isQueue(slot)) return this.#queueAt(slot);
    const holders = new Map<LockOwner, LockMode>();
    if (slot !== NOTHING) holders.set(this.#owners.at(slot), 'exclusive');
    const number = this.#queues.next;
    const queue = { key, slot: FIRST_QUEUE - number, holders, waiters: [] };
    this.#queues.add(queue);
    space.slots.set(key, queue.slot);
    return queue;
  }

  #queueAt(slot: number): LockQueue {
    return this.#queues.at(FIRST_QUEUE - slot);
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
      const space = this.#spaceList[held.spaces.at(i)] as Space;
      const key = held.keys.at(i);
      const slot = space.slots.get(key) ?? NOTHING;
      if (slot === NOTHING) continue;
      if (slot === owner.number) {
        space.slots.delete(key);
      } else if (isQueue(slot)) {
        const queue = this.#queueAt(slot);
        queue.holders.delete(owner);
        this.#grantWaiters(queue, space);
      }
    }
    held.cutAt(kept);
    if (kept > 0 || owner.number === NOTHING) return;
    this.#owners.remove(owner.number);
    owner.number = NOTHING;
  }

  /** How an owner holds a lock; undefined where it does not. */
  heldMode(owner: LockOwner, spaceName: string, key: LockKey): LockMode | undefined {
    const slot = this.#spaces.get(spaceName)?.slots.get(numberOf(key)) ?? NOTHING;
    if (slot === NOTHING) return undefined;
    if (slot === owner.number) return 'exclusive';
    return isQueue(slot) ? this.#queueAt(slot).holders.get(owner) : undefined;
  }

  /** Waits until no other owner holds the lock; undefined where none does. Takes nothing. */
  awaitFree(owner: LockOwner, spaceName: string, key: LockKey): Promise<void> | undefined {
    const request = { space: spaceName, key, mode: 'shared' as const, wait: true };
    if (this.heldMode(owner, spaceName, key) !== undefined) return undefined;
    const slot = this.#spaces.get(spaceName)?.slots.get(numberOf(key)) ?? NOTHING;
    if (slot === NOTHING) return undefined;
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
  rename(spaceName: string, nameOf: (key: number) => number | undefined): void {
    const space = this.#spaces.get(spaceName);
    if (space === undefined || space.slots.size === 0) return;
    const names = new Map<number, { readonly name: number; readonly slot: number }>();
    const owners = new Set<LockOwner>();
    for (const [key, slot] of space.slots.entries()) {
      const name = nameOf(key);
      if (name === undefined || name === key) continue;
      names.set(key, { name, slot });
      if (!isQueue(slot)) owners.add(this.#owners.at(slot));
      else for (const holder of this.#queueAt(slot).holders.keys()) owners.add(holder);
    }
    for (const { held } of owners) {
      for (let i = 0; i < held.length; i++) {
        if (held.spaces.at(i) !== space.number) continue;
        const renamed = names.get(held.keys.at(i));
        if (renamed !== undefined) held.keys.set(i, renamed.name);
      }
    }
    for (const key of names.keys()) space.slots.delete(key);
    for (const { name, slot } of names.values()) {
      if (isQueue(slot)) this.#queueAt(slot).key = name;
      space.slots.set(name, slot);
    }
  }

  /** Processes that keep a process waiting: who holds what it wants, and who asked before it. */
  blockersOfProcess(process: number): number[] {
    const blockers = new Set<number>();
    for (const { waiters } of this.#queues.all()) {
      for (const waiter of waiters) {
        if (waiter.owner.process !== process) continue;
        for (const blocker of blockersOf(waiter)) blockers.add(blocker.process);
      }
    }
    return [...blockers];
  }

  /** Ends the owner's wait, if it waits, with `reason`. */
  interrupt(owner: LockOwner, reason: Error): void {
    owner.waiting?.fail(reason);
  }

  #grantWaiters(queue: LockQueue, space: Space): void {
    while (queue.waiters.length > 0) {
      const next = queue.waiters[0] as Waiter;
      if (!canGrant(queue, next.owner, next.mode, 0)) return;
      queue.waiters.shift();
      next.grant();
    }
    if (queue.holders.size > 0 || space.slots.get(queue.key) !== queue.slot) return;
    space.slots.delete(queue.key);
    this.#queues.remove(FIRST_QUEUE - queue.slot);
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
        description: `${request.mode === 'shared' ? 'ShareLock' : 'ExclusiveLock'} on ${request.space} ${printable(request)}`,
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
          this.#grantWaiters(queue, space);
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

/** Things by numbers; a number that is free again is given again. */
class Numbered<T> {
  readonly #items: (T | undefined)[] = [];
  readonly #free: number[] = [];

  /** The number that the next one gets. */
  get next(): number {
    return this.#free[this.#free.length - 1] ?? this.#items.length;
  }

  add(item: T): number {
    const number = this.#free.pop() ?? this.#items.length;
    this.#items[number] = item;
    return number;
  }

  at(number: number): T {
    return this.#items[number] as T;
  }

  *all(): Iterable<T> {
    for (const item of this.#items) if (item !== undefined) yield item;
  }

  remove(number: number): void {
    this.#items[number] = undefined;
    this.#free.push(number);
  }
}

function isQueue(slot: number): boolean {
  return slot <= FIRST_QUEUE;
}

/** What a lock is found by. */
function numberOf(key: LockKey): number {
  return typeof key === 'number' ? key : wideTextHash(key);
}

/** Whether `owner` gets the lock next to its holders and ahead of nobody among the first `ahead`. */
function canGrant(queue: LockQueue, owner: LockOwner, mode: LockMode, ahead: number): boolean {
  for (const [holder, held] of queue.holders) {
    if (holder !== owner && (mode === 'exclusive' || held === 'exclusive')) return false;
  }
  if (queue.holders.has(owner)) return true;
  return ahead === 0;
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
function printable({ key, isHash }: LockRequest): string {
  return typeof key === 'number' && isHash !== true ? String(key) : 'value';
}
