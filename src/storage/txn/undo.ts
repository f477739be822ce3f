/**
 * Old row versions for open snapshots. The key-value store holds only the newest committed version of a
 * row; before a commit replaces it, what it replaces is put here and stays until no snapshot can see it.
 */
import type { Sequence } from '../log/commit-log.ts';

/** A version that was current until the commit `until`; null where the row did not exist before it. */
interface OldVersion {
  readonly until: Sequence;
  readonly row: Uint8Array | null;
}

interface OldIndexEntry {
  readonly until: Sequence;
  readonly rowId: number;
}

export class TableUndo {
  readonly #rows = new Map<number, OldVersion[]>();
  /** By index storage id and key: rows that an index entry pointed to before it was removed. */
  readonly #entries = new Map<number, Map<string, OldIndexEntry[]>>();

  get isEmpty(): boolean {
    return this.#rows.size === 0;
  }

  addRow(rowId: number, until: Sequence, row: Uint8Array | null): void {
    const versions = this.#rows.get(rowId);
    if (versions === undefined) this.#rows.set(rowId, [{ until, row }]);
    else versions.push({ until, row });
  }

  addIndexEntry(index: number, key: string, until: Sequence, rowId: number): void {
    let entries = this.#entries.get(index);
    if (entries === undefined) this.#entries.set(index, (entries = new Map()));
    const old = entries.get(key);
    if (old === undefined) entries.set(key, [{ until, rowId }]);
    else old.push({ until, rowId });
  }

  /** The version that `snapshot` sees: undefined where the newest one is right, null for no row. */
  visible(rowId: number, snapshot: Sequence): Uint8Array | null | undefined {
    const versions = this.#rows.get(rowId);
    if (versions === undefined) return undefined;
    for (const version of versions) if (version.until > snapshot) return version.row;
    return undefined;
  }

  /** True where a commit after `snapshot` changed the row. */
  changedAfter(rowId: number, snapshot: Sequence): boolean {
    const versions = this.#rows.get(rowId);
    return versions !== undefined && (versions[versions.length - 1] as OldVersion).until > snapshot;
  }

  /** Rows of which `snapshot` sees another version than the newest. */
  collectRows(snapshot: Sequence, into: number[]): void {
    for (const [rowId, versions] of this.#rows) {
      if ((versions[versions.length - 1] as OldVersion).until > snapshot) into.push(rowId);
    }
  }

  entriesAt(index: number, key: string, snapshot: Sequence, into: number[]): void {
    for (const entry of this.#entries.get(index)?.get(key) ?? []) {
      if (entry.until > snapshot) into.push(entry.rowId);
    }
  }

  collectEntries(
    index: number,
    snapshot: Sequence,
    accept: (key: string) => boolean,
    into: { key: string; rowId: number }[],
  ): void {
    for (const [key, entries] of this.#entries.get(index) ?? []) {
      if (!accept(key)) continue;
      for (const { until, rowId } of entries) if (until > snapshot) into.push({ key, rowId });
    }
  }

  /** Forgets what one commit put here; commits are dropped in the order in which they came. */
  drop(commit: UndoOfTable): void {
    for (const rowId of commit.rowIds) dropFirst(this.#rows, rowId, commit.until);
    for (const { index, key } of commit.entries) {
      const entries = this.#entries.get(index);
      if (entries === undefined) continue;
      dropFirst(entries, key, commit.until);
      if (entries.size === 0) this.#entries.delete(index);
    }
  }
}

/** What one commit put into a table's undo. */
export interface UndoOfTable {
  readonly undo: TableUndo;
  readonly until: Sequence;
  readonly rowIds: readonly number[];
  readonly entries: readonly { readonly index: number; readonly key: string }[];
}

function dropFirst<K>(map: Map<K, { readonly until: Sequence }[]>, key: K, until: Sequence): void {
  const versions = map.get(key);
  if (versions === undefined) return;
  let count = 0;
  while (count < versions.length && (versions[count] as OldVersion).until <= until) count++;
  if (count === versions.length) map.delete(key);
  else if (count > 0) versions.splice(0, count);
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
