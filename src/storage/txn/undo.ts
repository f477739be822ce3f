/**
 * Old row versions for open snapshots. The key-value store holds only the newest committed version of a
 * row; before a commit replaces it, what it replaces is put here and stays until no snapshot can see it.
 */
import type { Sequence } from '../log/commit-log.ts';
import { SplitMap } from '../split-map.ts';
import type { Turns } from '../turns.ts';
import { bytesToText } from '../format/keys.ts';
import type { EntryList } from './entry-list.ts';

/** A version that was current until the commit `until`; null where the row did not exist before it. */
interface OldVersion {
  readonly until: Sequence;
  readonly row: Uint8Array | null;
}

interface OldIndexEntry {
  readonly until: Sequence;
  readonly rowId: number;
  /** Of the same key, by a later commit. */
  next: OldIndexEntry | undefined;
}

/** Rows that a transaction changed, the committed version of those that had one, and its entries. */
export interface ReplacedRows {
  readonly rows: { has(rowId: number): boolean; keys(): Iterable<number> };
  readonly base: { get(rowId: number): Uint8Array | undefined };
  /** Entries of an index that the rows had, perhaps with some that they have still. */
  removedFrom(index: number): EntryList | undefined;
}

/** What a large commit replaced, as its transaction holds it: nothing is copied. */
interface UndoLayer {
  readonly until: Sequence;
  readonly replaced: ReplacedRows;
}

/** Every look at a row asks all layers: there are never many. */
const LAYERS_MAX = 16;

export class TableUndo {
  readonly #rows = new SplitMap<number, OldVersion[]>();
  /** In the order of their commits. */
  readonly #layers: UndoLayer[] = [];
  /** By index storage id and key: rows that an index entry pointed to before it was removed. */
  readonly #entries = new Map<number, SplitMap<string, OldIndexEntry>>();

  get isEmpty(): boolean {
    return this.#rows.size === 0 && this.#layers.length === 0;
  }

  /** Takes a commit's rows as a whole; false where it has to add them one by one. */
  addLayer(until: Sequence, replaced: ReplacedRows): boolean {
    if (this.#layers.length >= LAYERS_MAX) return false;
    this.#layers.push({ until, replaced });
    return true;
  }

  addRow(rowId: number, until: Sequence, row: Uint8Array | null): void {
    const versions = this.#rows.get(rowId);
    if (versions === undefined) this.#rows.set(rowId, [{ until, row }]);
    else versions.push({ until, row });
  }

  addIndexEntry(index: number, key: string, until: Sequence, rowId: number): void {
    let entries = this.#entries.get(index);
    if (entries === undefined) this.#entries.set(index, (entries = new SplitMap()));
    const added: OldIndexEntry = { until, rowId, next: undefined };
    let last = entries.get(key);
    if (last === undefined) {
      entries.set(key, added);
      return;
    }
    while (last.next !== undefined) last = last.next;
    last.next = added;
  }

  /** The version that `snapshot` sees: undefined where the newest one is right, null for no row. */
  visible(rowId: number, snapshot: Sequence): Uint8Array | null | undefined {
    const layer =
      this.#layers.length === 0
        ? undefined
        : this.#layers.find(({ until, replaced }) => until > snapshot && replaced.rows.has(rowId));
    const version = this.#rows.get(rowId)?.find(({ until }) => until > snapshot);
    if (layer !== undefined && (version === undefined || layer.until < version.until)) {
      return layer.replaced.base.get(rowId) ?? null;
    }
    return version?.row;
  }

  /** True where a commit after `snapshot` changed the row. */
  changedAfter(rowId: number, snapshot: Sequence): boolean {
    const versions = this.#rows.get(rowId);
    if (versions !== undefined && (versions[versions.length - 1] as OldVersion).until > snapshot) {
      return true;
    }
    return (
      this.#layers.length > 0 &&
      this.#layers.some(({ until, replaced }) => until > snapshot && replaced.rows.has(rowId))
    );
  }

  /** Rows of which `snapshot` sees another version than the newest, some perhaps twice. */
  collectRows(snapshot: Sequence, into: number[]): void {
    for (const { until, replaced } of this.#layers) {
      if (until > snapshot) for (const rowId of replaced.rows.keys()) into.push(rowId);
    }
    for (const [rowId, versions] of this.#rows) {
      if ((versions[versions.length - 1] as OldVersion).until > snapshot) into.push(rowId);
    }
  }

  /** Rows that the entries under the key `bytes[start, ...)` pointed to before small commits. */
  entriesAt(
    index: number,
    bytes: Uint8Array,
    start: number,
    snapshot: Sequence,
    into: number[],
  ): void {
    const entries = this.#entries.get(index);
    if (entries === undefined) return;
    let entry = entries.get(bytesToText(bytes, start));
    for (; entry !== undefined; entry = entry.next) {
      if (entry.until > snapshot) into.push(entry.rowId);
    }
  }

  /** The same of all keys that `accept` takes, which are given as `bytesToText` makes them. */
  collectEntries(
    index: number,
    snapshot: Sequence,
    accept: (key: string) => boolean,
    into: { key: string; rowId: number }[],
  ): void {
    for (const [key, first] of this.#entries.get(index) ?? []) {
      if (!accept(key)) continue;
      for (let entry: OldIndexEntry | undefined = first; entry !== undefined; entry = entry.next) {
        if (entry.until > snapshot) into.push({ key, rowId: entry.rowId });
      }
    }
  }

  /** The entries of rows that large commits changed after `snapshot`; some point to them in vain. */
  removedAfter(index: number, snapshot: Sequence): EntryList[] {
    const lists: EntryList[] = [];
    for (const { until, replaced } of this.#layers) {
      const removed = until > snapshot ? replaced.removedFrom(index) : undefined;
      if (removed !== undefined && removed.length > 0) lists.push(removed);
    }
    return lists;
  }

  /**
   * Forgets what one commit put here. Nobody needs it any more, so that a large commit may go in pieces,
   * and what comes next may overtake it.
   */
  drop(commit: UndoOfTable, turns: Turns): void {
    while ((this.#layers[0]?.until ?? Infinity) <= commit.until) this.#layers.shift();
    const steps = this.#dropSteps(commit);
    if (steps.next().done !== true) void this.#dropRest(steps, turns);
  }

  async #dropRest(steps: Generator<void, void>, turns: Turns): Promise<void> {
    do await turns.checkpoint();
    while (steps.next().done !== true);
  }

  *#dropSteps({ rowIds, indexes, until }: UndoOfTable): Generator<void, void> {
    for (let i = 0; i < rowIds.length; i++) {
      dropVersions(this.#rows, rowIds[i] as number, until);
      if (i % DROP_STEP === DROP_STEP - 1) yield;
    }
    for (const { storageId, keys } of indexes) {
      const old = this.#entries.get(storageId);
      if (old === undefined) continue;
      let seen = 0;
      for (const key of keys) {
        dropEntries(old, key, until);
        if (++seen % DROP_STEP === 0) yield;
      }
      if (old.size === 0 && this.#entries.get(storageId) === old) this.#entries.delete(storageId);
    }
  }
}

/** Rows or entries forgotten between two looks at the clock. */
const DROP_STEP = 1024;

/** What one commit put into a table's undo. */
export interface UndoOfTable {
  readonly undo: TableUndo;
  readonly until: Sequence;
  readonly rowIds: readonly number[];
  /** Of its indexes, the keys of the entries that it removed. */
  readonly indexes: readonly { readonly storageId: number; readonly keys: readonly string[] }[];
}

function dropVersions(map: SplitMap<number, OldVersion[]>, rowId: number, until: Sequence): void {
  const versions = map.get(rowId);
  if (versions === undefined) return;
  let count = 0;
  while (count < versions.length && (versions[count] as OldVersion).until <= until) count++;
  if (count === versions.length) map.delete(rowId);
  else if (count > 0) versions.splice(0, count);
}

function dropEntries(map: SplitMap<string, OldIndexEntry>, key: string, until: Sequence): void {
  const first = map.get(key);
  let kept = first;
  while (kept !== undefined && kept.until <= until) kept = kept.next;
  if (kept === first) return;
  if (kept === undefined) map.delete(key);
  else map.set(key, kept);
}

/** Open snapshots, and the undo that waits for them to end. */
export class SnapshotRegistry {
  readonly #open = new Map<Sequence, number>();
  readonly #waiting: { readonly sequence: Sequence; readonly release: () => void }[] = [];
  #first = 0;

  pin(sequence: Sequence): void {
    this.#open.set(sequence, (this.#open.get(sequence) ?? 0) + 1);
  }

  unpin(sequence: Sequence): void {
    const count = (this.#open.get(sequence) ?? 0) - 1;
    if (count > 0) {
      this.#open.set(sequence, count);
      return;
    }
    this.#open.delete(sequence);
    this.#releaseDue();
  }

  /** The oldest open snapshot, or infinity. */
  oldest(): Sequence {
    let oldest = Infinity;
    for (const sequence of this.#open.keys()) if (sequence < oldest) oldest = sequence;
    return oldest;
  }

  /**
   * Calls back once every open snapshot is at or past `sequence`. Sequences come in ascending order,
   * and are published already: a new snapshot never lies before them.
   */
  whenPast(sequence: Sequence, release: () => void): void {
    this.#waiting.push({ sequence, release });
    this.#releaseDue();
  }

  #releaseDue(): void {
    if (this.#first === this.#waiting.length) return;
    const oldest = this.oldest();
    while (this.#first < this.#waiting.length) {
      const next = this.#waiting[this.#first] as { sequence: Sequence; release: () => void };
      if (next.sequence > oldest) break;
      this.#first++;
      next.release();
    }
    if (this.#first > 1024 || this.#first === this.#waiting.length) {
      this.#waiting.splice(0, this.#first);
      this.#first = 0;
    }
  }
}
