/** What a transaction changes in the catalog and in sequences. */
import type { CatalogChange, CatalogSnapshot } from '../../catalog/catalog.ts';
import type { Oid } from '../../types/type.ts';
import type { Int64 } from '../../types/value.ts';
import type { RestartedSequence } from '../sequences.ts';
import { droppedStorageIds, storageIdOf } from './apply.ts';
import type { CommitRecord, SequenceMove } from './commit-record.ts';
import type { TransactionParts } from './transaction-parts.ts';

/** A place to come back to. */
export interface CatalogMark {
  readonly changes: number;
  readonly catalog: CatalogSnapshot | undefined;
  readonly restarts: ReadonlyMap<Oid, RestartedSequence>;
}

type Parts = Pick<TransactionParts, 'committer' | 'sequences' | 'counters' | 'deleteStorage'>;

export class CatalogChanges {
  readonly #parts: Parts;
  readonly #changes: CatalogChange[] = [];
  #catalog: CatalogSnapshot | undefined;
  #countersMoved = false;
  /** Sequences that this transaction restarted. */
  #restarts = new Map<Oid, RestartedSequence>();
  /** Storage ids of indexes that were built in pieces. */
  readonly #built = new Set<number>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  get isEmpty(): boolean {
    return this.#changes.length === 0 && this.#restarts.size === 0;
  }

  /** The catalog with the own changes; undefined where there are none. */
  get catalog(): CatalogSnapshot | undefined {
    return this.#catalog;
  }

  /** The caller holds the catalog's lock. */
  add(changes: readonly CatalogChange[]): void {
    // Nobody else can change the catalog from here on: ours builds on the newest one.
    const base = this.#catalog ?? this.#parts.committer.published.catalog;
    this.#catalog = base.apply(changes);
    this.#changes.push(...changes);
    for (const change of changes) {
      if (change.change === 'put' && change.object.kind === 'sequence') {
        this.#parts.sequences.define(change.object);
      }
    }
  }

  allocateOid(): Oid {
    this.#countersMoved = true;
    return this.#parts.counters.allocateOid(this.#parts.committer.published.catalog);
  }

  allocateStorageId(): number {
    this.#countersMoved = true;
    return this.#parts.counters.allocateStorageId(this.#parts.committer.published.catalog);
  }

  setSequence(sequence: Oid, value: Int64, isCalled: boolean): void {
    const own = this.#restarts.get(sequence);
    if (own === undefined) {
      this.#parts.sequences.set(sequence, value, isCalled);
    } else {
      own.lastValue = BigInt(value);
      own.isCalled = isCalled;
    }
  }

  restartSequence(sequence: Oid, value: Int64): void {
    this.#restarts.set(sequence, this.#parts.sequences.restart(sequence, value));
  }

  /** The own counter of a sequence that this transaction restarted. */
  restarted(sequence: Oid): RestartedSequence | undefined {
    return this.#restarts.get(sequence);
  }

  /** An index is built in storage that is garbage unless the catalog comes to name it. */
  noteBuilt(storageId: number): void {
    this.#built.add(storageId);
  }

  mark(): CatalogMark {
    const restarts = new Map(this.#restarts);
    return { changes: this.#changes.length, catalog: this.#catalog, restarts };
  }

  /** With the locks goes the own view of the catalog, unless its lock was held before. */
  rollbackTo(mark: CatalogMark, keepsLocks: boolean): void {
    if (mark.changes < this.#changes.length) {
      this.#forgetSequences(this.#changes.slice(mark.changes));
      this.#changes.length = mark.changes;
    }
    this.#restarts = new Map(mark.restarts);
    if (!keepsLocks) this.#catalog = mark.catalog;
    else if (this.#catalog !== undefined) {
      this.#catalog = this.#parts.committer.published.catalog.apply(this.#changes);
    }
  }

  /** Storage that the changes leave behind: nothing of it need be committed. */
  droppedStorage(): Set<number> {
    // Whoever changes the catalog holds its lock: nothing of this depends on others.
    return new Set(droppedStorageIds(this.#parts.committer.published.catalog, this.#changes));
  }

  record(): Pick<CommitRecord, 'catalog' | 'droppedStorage' | 'sequences'> {
    const { committer, counters } = this.#parts;
    const catalog = lastChanges(this.#changes);
    if (this.#countersMoved) catalog.push(counters.change());
    const droppedStorage = droppedStorageIds(committer.published.catalog, this.#changes);
    return { catalog, droppedStorage, sequences: this.#newSequences() };
  }

  /** State of the sequences that this transaction creates or restarts. */
  #newSequences(): SequenceMove[] {
    const { sequences, committer } = this.#parts;
    const moves = new Map<Oid, SequenceMove>();
    for (const change of this.#changes) {
      if (change.change === 'put' && change.object.kind === 'sequence') {
        moves.set(change.object.oid, sequences.exactMove(change.object.oid));
      } else if (change.change === 'drop') {
        moves.delete(change.oid);
      }
    }
    const catalog = this.#catalog ?? committer.published.catalog;
    for (const [oid, { lastValue, isCalled }] of this.#restarts) {
      if (catalog.relation(oid) === undefined) continue;
      moves.set(oid, { oid, lastValue: String(lastValue), isCalled });
    }
    return [...moves.values()];
  }

  /** Moves that others log from now on lie behind this transaction's record. */
  adoptRestarts(): void {
    for (const [oid, counter] of this.#restarts) this.#parts.sequences.adopt(oid, counter);
  }

  committed(): void {
    for (const change of this.#changes) {
      if (change.change === 'drop') this.#parts.sequences.drop(change.oid);
    }
    this.deleteUnused(this.#changes);
  }

  /** The record may be in the log all the same: the next start finds out what of it is garbage. */
  commitFailed(): void {
    this.#forgetSequences(this.#changes);
  }

  rolledBack(): void {
    this.#forgetSequences(this.#changes);
    this.deleteUnused([]);
  }

  /** Takes back what rolled back catalog changes did to the sequences in memory. */
  #forgetSequences(changes: readonly CatalogChange[]): void {
    const { committer, sequences } = this.#parts;
    for (const change of changes) {
      if (change.change !== 'put' || change.object.kind !== 'sequence') continue;
      const committed = committer.published.catalog.relation(change.object.oid);
      if (committed?.kind === 'sequence') sequences.define(committed);
      else sequences.drop(change.object.oid);
    }
  }

  /** Deletes what was built for indexes that are not in the catalog after all. */
  deleteUnused(changes: readonly CatalogChange[]): void {
    if (this.#built.size === 0) return;
    const used = new Set(
      changes.map((change) => (change.change === 'put' ? storageIdOf(change.object) : undefined)),
    );
    const unused = [...this.#built].filter((storageId) => !used.has(storageId));
    if (unused.length > 0) this.#parts.deleteStorage(unused);
  }
}

/** What becomes of each object in the end: an ALTER TABLE changes its table once an action. */
function lastChanges(changes: readonly CatalogChange[]): CatalogChange[] {
  const last = new Map<Oid | undefined, CatalogChange>();
  // Objects keep the order in which they were first changed.
  for (const change of changes) last.set(changedOid(change), change);
  return [...last.values()];
}

function changedOid(change: CatalogChange): Oid | undefined {
  if (change.change === 'put') return change.object.oid;
  return change.change === 'drop' ? change.oid : undefined;
}
