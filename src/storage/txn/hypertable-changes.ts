/** What a transaction changes in hypertables, and the locks on their rows. */
import type { IndexDescriptor, TableDescriptor } from '../../catalog/catalog.ts';
import { sliceBatch } from '../../vector/gather.ts';
import type { Batch } from '../../vector/vector.ts';
import type { HypertableParts, HypertableWrites } from '../hypertable/hypertable-store.ts';
import type {
  InsertOptions,
  InsertResult,
  IsolationLevel,
  LockStrength,
  LockWait,
} from '../storage.ts';
import {
  lockHypertableRows,
  lockKeys,
  lockWholeChunks,
  rowSpace,
  type HypertableLocking,
} from './hypertable-locks.ts';
import type { LockOwner } from './locks.ts';
import type { ReadState } from './read-state.ts';
import { concurrentUpdate } from './row-locks.ts';
import type { SnapshotPins } from './snapshot-pins.ts';
import type { TransactionParts } from './transaction-parts.ts';

/** Rows changed between two looks at the clock. */
const STEP_ROWS = 8_192;

export interface HypertableContext {
  readonly parts: Pick<TransactionParts, 'hypertables' | 'committer' | 'locks' | 'turns'>;
  readonly owner: LockOwner;
  readonly reads: ReadState;
  readonly pins: SnapshotPins;
  readonly isolation: IsolationLevel;
  /** What to throw where a row has changed since the snapshot. */
  readonly conflict: () => Error;
}

export class HypertableChanges {
  readonly #context: HypertableContext;
  #writes: HypertableWrites | undefined;
  /** Storage ids of tables written to. */
  readonly written = new Set<number>();
  #refsPinned = false;

  constructor(context: HypertableContext) {
    this.#context = context;
  }

  get isEmpty(): boolean {
    return this.#writes === undefined || this.#writes.isEmpty;
  }

  get bytes(): number {
    return this.#writes?.bytes ?? 0;
  }

  get writes(): HypertableWrites | undefined {
    return this.#writes;
  }

  /** The own changes as of the view that is read. */
  get readable(): HypertableWrites | undefined {
    const { kept } = this.#context.reads;
    return kept === undefined ? this.#writes : kept.hypertableWrites;
  }

  async insert(
    table: TableDescriptor,
    rows: Batch,
    unique: readonly IndexDescriptor[],
    options: InsertOptions,
  ): Promise<InsertResult> {
    const { owner } = this.#context;
    const { hypertables, committer, locks } = this.#context.parts;
    if (unique.length > 0) {
      await lockKeys(this.#locking(table), hypertables.uniqueKeys(table, rows, unique));
      this.#pinRefs();
    }
    const view = committer.published.hypertables;
    const writes = this.#open(table);
    const space = rowSpace(table.storageId);
    const result = await hypertables.insert(view, writes, table, rows, unique, options, (ref) =>
      locks.awaitFree(owner, space, ref),
    );
    if (result.conflicts !== null) this.#checkConflictsVisible(table, result.conflicts);
    return result;
  }

  /** Higher levels must not even be told of a row in the way that their snapshot does not have. */
  #checkConflictsVisible(table: TableDescriptor, conflicts: Float64Array): void {
    const { isolation, reads, parts } = this.#context;
    if (isolation === 'read committed') return;
    const refs = conflicts.filter((ref) => !Number.isNaN(ref));
    const { hypertables } = reads.snapshot;
    if (parts.hypertables.changedSince(hypertables, table, refs)) throw concurrentUpdate();
  }

  /** Replaces rows: `insert` puts the new ones. */
  async update(
    table: TableDescriptor,
    refs: Float64Array,
    rows: Batch,
    insert: (piece: Batch) => Promise<unknown>,
  ): Promise<void> {
    await this.delete(table, refs);
    for (let start = 0; start < rows.length; start += STEP_ROWS) {
      await insert(sliceBatch(rows, start, Math.min(start + STEP_ROWS, rows.length)));
      await this.#context.parts.turns.checkpoint();
    }
  }

  async delete(table: TableDescriptor, refs: Float64Array): Promise<void> {
    const { hypertables } = this.#context.parts;
    await this.#inPieces(refs, (piece) => hypertables.delete(this.#open(table), table, piece));
  }

  async dropChunks(
    table: TableDescriptor,
    from: number | null,
    to: number | null,
  ): Promise<string[]> {
    const { hypertables, committer } = this.#context.parts;
    const doomed = hypertables
      .chunks(table)
      .filter(
        ({ rangeStart, rangeEnd }) =>
          (from === null || rangeStart >= from) && (to === null || rangeEnd <= to),
      )
      .map(({ id }) => id);
    await lockWholeChunks(this.#locking(table), doomed);
    const view = committer.published.hypertables;
    return hypertables.dropChunks(view, this.#open(table), table, from, to);
  }

  async lockRows(
    table: TableDescriptor,
    refs: Float64Array,
    strength: LockStrength,
    wait: LockWait,
  ): Promise<Uint8Array> {
    const { reads, conflict } = this.#context;
    const { hypertables } = this.#context.parts;
    const view = reads.current.hypertables;
    this.#pinRefs();
    const chunks = new Set<number>();
    await this.#inPieces(refs, (piece) => {
      for (const id of hypertables.chunksOfRefs(view, table, piece)) chunks.add(id);
    });
    const current = (ref: number): number | undefined => hypertables.currentRef(table, ref);
    const locking = this.#locking(table);
    const locked = await lockHypertableRows(locking, refs, [...chunks], strength, wait, current);
    await this.#inPieces(refs, (piece, start) => {
      const flags = locked.subarray(start, start + piece.length);
      const taken = flags.includes(0) ? piece.filter((_ref, i) => flags[i] === 1) : piece;
      if (hypertables.changedSince(view, table, taken)) throw conflict();
    });
    return locked;
  }

  /** Goes through many refs and gives way to others in between. */
  async #inPieces(
    refs: Float64Array,
    work: (piece: Float64Array, start: number) => void,
  ): Promise<void> {
    for (let start = 0; start < refs.length; start += STEP_ROWS) {
      work(refs.subarray(start, start + STEP_ROWS), start);
      await this.#context.parts.turns.checkpoint();
    }
  }

  /** Refs stay good to the end, although flushes move the rows. */
  #pinRefs(): void {
    if (this.#refsPinned) return;
    const { pins, reads } = this.#context;
    pins.pin(reads.current.sequence);
    this.#refsPinned = true;
  }

  #locking(table: TableDescriptor): HypertableLocking {
    const { parts, owner } = this.#context;
    return { table, locks: parts.locks, turns: parts.turns, owner };
  }

  #open(table: TableDescriptor): HypertableWrites {
    this.written.add(table.storageId);
    this.#writes ??= this.#context.parts.hypertables.openWrites();
    return this.#writes;
  }

  /** A place to come back to; -1 before the first change. */
  mark(): number {
    return this.#writes?.mark() ?? -1;
  }

  rollbackTo(mark: number): void {
    if (mark >= 0) this.#writes?.rollbackTo(mark);
    else this.discard();
  }

  discard(): void {
    if (this.#writes === undefined) return;
    this.#context.parts.hypertables.discard(this.#writes);
    this.#writes = undefined;
  }

  /** What the commit record has of them. */
  async toParts(checkOpen: () => void): Promise<HypertableParts | undefined> {
    const writes = this.#writes;
    if (writes === undefined) return undefined;
    const { hypertables } = this.#context.parts;
    await hypertables.prepare(writes);
    checkOpen();
    return writes.isEmpty ? undefined : hypertables.partsInSlices(writes);
  }
}
