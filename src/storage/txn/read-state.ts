/** What a transaction's statements read: a snapshot, or what a cursor saw. */
import type { TableDescriptor } from '../../catalog/catalog.ts';
import type { HypertableWrites } from '../hypertable/hypertable-store.ts';
import { SeenRows } from '../row/seen-rows.ts';
import type { IsolationLevel, ReadView, ScanRequest } from '../storage.ts';
import { ROW_REF_ATTNUM } from '../system-columns.ts';
import type { Committer, Published } from './committer.ts';
import type { Pin, SnapshotPins } from './snapshot-pins.ts';

/** What a cursor sees: a snapshot, and the own changes of that time. */
export interface KeptView extends ReadView {
  readonly snapshot: Published;
  readonly command: number;
  readonly hypertableWrites: HypertableWrites | undefined;
}

export class ReadState {
  readonly #committer: Committer;
  readonly #pins: SnapshotPins;
  #snapshot: Published;
  #pin: Pin;
  #isTaken = false;
  /** What the statement reads instead of the snapshot: a cursor's view. */
  #kept: KeptView | undefined;
  /** Of the snapshot, and of the table that was read last. */
  #seen: SeenRows | undefined;

  constructor(committer: Committer, pins: SnapshotPins) {
    this.#committer = committer;
    this.#pins = pins;
    this.#snapshot = committer.published;
    this.#pin = pins.pin(this.#snapshot.sequence);
  }

  /** The snapshot of the statement, or of the transaction. */
  get snapshot(): Published {
    return this.#snapshot;
  }

  /** What is read now. */
  get current(): Published {
    return this.#kept?.snapshot ?? this.#snapshot;
  }

  get kept(): KeptView | undefined {
    return this.#kept;
  }

  /** Moves to the newest state, where the isolation level lets a statement have its own. */
  renew(isolation: IsolationLevel): void {
    this.#kept = undefined;
    this.#seen = undefined;
    if (this.#isTaken && isolation !== 'read committed') return;
    this.#isTaken = true;
    const { published } = this.#committer;
    if (published === this.#snapshot) return;
    const pin = this.#pins.pin(published.sequence);
    this.#pins.unpin(this.#pin);
    this.#snapshot = published;
    this.#pin = pin;
  }

  /** Holds what is read now, to the transaction's end. */
  keep(command: number, hypertableWrites: HypertableWrites | undefined): KeptView {
    const snapshot = this.current;
    this.#pins.pin(snapshot.sequence);
    return { snapshot, command, hypertableWrites };
  }

  async within<T>(view: KeptView, work: () => Promise<T>): Promise<T> {
    const before = this.#kept;
    this.#kept = view;
    try {
      return await work();
    } finally {
      this.#kept = before;
    }
  }

  /** Where a scan is to put rows that the statement may be about to change. */
  see(
    table: TableDescriptor,
    { attnums, newest }: Pick<ScanRequest, 'attnums' | 'newest'>,
  ): SeenRows | undefined {
    const isForChanges = newest !== true && this.#kept === undefined;
    if (!isForChanges || !attnums.includes(ROW_REF_ATTNUM)) return undefined;
    if (this.#seen?.storageId !== table.storageId) this.#seen = new SeenRows(table.storageId);
    return this.#seen;
  }

  seenOf(table: TableDescriptor): SeenRows | undefined {
    return this.#seen?.storageId === table.storageId ? this.#seen : undefined;
  }

  /** Locks may go: others may change what was seen. */
  forgetSeen(): void {
    this.#seen = undefined;
  }
}
