/** pg_advisory_lock and its family: locks on numbers, held by sessions or transactions. */

interface Holder {
  readonly processId: number;
  readonly shared: boolean;
  /** Session-level locks count; transaction-level ones end with the transaction. */
  readonly transaction: boolean;
  count: number;
}

interface Waiter {
  readonly processId: number;
  readonly shared: boolean;
  readonly transaction: boolean;
  grant(): void;
}

interface Lock {
  holders: Holder[];
  waiters: Waiter[];
}

export class AdvisoryLocks {
  readonly #locks = new Map<string, Lock>();

  /** Takes the lock at once if nobody else holds it. */
  tryLock(key: string, processId: number, shared: boolean, transaction: boolean): boolean {
    const lock = this.#lock(key);
    if (!this.#compatible(lock, processId, shared)) return false;
    this.#grant(lock, processId, shared, transaction);
    return true;
  }

  /** Calls `granted` when the lock is held; the result gives up the wait. */
  wait(
    key: string,
    processId: number,
    options: { readonly shared: boolean; readonly transaction: boolean },
    granted: () => void,
  ): () => void {
    const lock = this.#lock(key);
    const waiter: Waiter = { processId, ...options, grant: granted };
    lock.waiters.push(waiter);
    return () => {
      lock.waiters = lock.waiters.filter((other) => other !== waiter);
      this.#wake(key, lock);
    };
  }

  /** Releases one session-level hold; false where there was none. */
  unlock(key: string, processId: number, shared: boolean): boolean {
    const lock = this.#locks.get(key);
    const holder = lock?.holders.find(
      (other) => other.processId === processId && other.shared === shared && !other.transaction,
    );
    if (lock === undefined || holder === undefined) return false;
    holder.count--;
    if (holder.count === 0) lock.holders = lock.holders.filter((other) => other !== holder);
    this.#wake(key, lock);
    return true;
  }

  releaseTransaction(processId: number): void {
    this.#release((holder) => holder.processId === processId && holder.transaction);
  }

  releaseSession(processId: number): void {
    this.#release((holder) => holder.processId === processId && !holder.transaction);
  }

  releaseAll(processId: number): void {
    this.#release((holder) => holder.processId === processId);
  }

  /** Processes that hold a lock in the way of one that waits. */
  blockersOf(processId: number): number[] {
    const blockers = new Set<number>();
    for (const { holders, waiters } of this.#locks.values()) {
      for (const waiter of waiters) {
        if (waiter.processId !== processId) continue;
        for (const holder of holders) {
          if (holder.processId === processId || (waiter.shared && holder.shared)) continue;
          blockers.add(holder.processId);
        }
      }
    }
    return [...blockers];
  }

  /** Every hold, for pg_locks. */
  *holds(): Iterable<{
    readonly key: string;
    readonly processId: number;
    readonly shared: boolean;
  }> {
    for (const [key, lock] of this.#locks) {
      for (const { processId, shared } of lock.holders) yield { key, processId, shared };
    }
  }

  #release(matches: (holder: Holder) => boolean): void {
    for (const [key, lock] of [...this.#locks]) {
      const kept = lock.holders.filter((holder) => !matches(holder));
      if (kept.length === lock.holders.length) continue;
      lock.holders = kept;
      this.#wake(key, lock);
    }
  }

  #lock(key: string): Lock {
    let lock = this.#locks.get(key);
    if (lock === undefined) this.#locks.set(key, (lock = { holders: [], waiters: [] }));
    return lock;
  }

  #compatible(lock: Lock, processId: number, shared: boolean): boolean {
    return lock.holders.every(
      (holder) => holder.processId === processId || (shared && holder.shared),
    );
  }

  #grant(lock: Lock, processId: number, shared: boolean, transaction: boolean): void {
    const holder = lock.holders.find(
      (other) =>
        other.processId === processId &&
        other.shared === shared &&
        other.transaction === transaction,
    );
    if (holder === undefined) lock.holders.push({ processId, shared, transaction, count: 1 });
    else holder.count++;
  }

  #wake(key: string, lock: Lock): void {
    while (lock.waiters.length > 0) {
      const next = lock.waiters[0] as Waiter;
      if (!this.#compatible(lock, next.processId, next.shared)) break;
      lock.waiters.shift();
      this.#grant(lock, next.processId, next.shared, next.transaction);
      next.grant();
    }
    if (lock.holders.length === 0 && lock.waiters.length === 0) this.#locks.delete(key);
  }
}
