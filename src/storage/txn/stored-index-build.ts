/**
 * Builds the index of a large table in bounded memory: its entries go through the log into the store piece
 * by piece, as commits of their own under a storage id that no catalog knows yet. Until the transaction has
 * committed, the garbage list names the storage id, so that a crash leaves nothing behind.
 */
import type { IndexDescriptor } from '../../catalog/catalog.ts';
import { openValue } from '../format/envelope.ts';
import { indexEntryKey, indexRange, rowIdOfEntry } from '../format/keys.ts';
import { duplicateInBuild, hasKey, mustBeUnique } from '../row/index-keys.ts';
import type { RowView } from '../row/row-reader.ts';
import { checkNew, keyedRows } from './build-index.ts';
import { encodeTables } from './commit-codec.ts';
import { EMPTY_COMMIT, noRows, type EntryChange, type EntryChanges } from './commit-record.ts';
import type { Committer } from './committer.ts';
import type { Counters } from './counters.ts';
import { EntryList } from './entry-list.ts';
import { BUILD_COMMAND } from './index-writes.ts';
import { KeyEntries } from './key-entries.ts';
import { ENTRY_OVERHEAD_BYTES } from './write-set.ts';
import type { RowWriter } from './row-writer.ts';

export interface StoredBuild {
  readonly writer: Pick<RowWriter, 'kv' | 'turns' | 'table' | 'schemaName' | 'expressions'>;
  readonly committer: Committer;
  readonly counters: Counters;
  /** Bytes of entries in a piece. */
  readonly pieceBytes: number;
  /** Throws where the transaction has ended. */
  readonly checkOpen: () => void;
}

/** Fills a new index from the rows that `view` sees; the store has no entry of it yet. */
export async function buildStoredIndex(
  build: StoredBuild,
  index: IndexDescriptor,
  view: RowView,
): Promise<void> {
  const { writer, committer, counters, pieceBytes } = build;
  // The storage id is given to nobody else from here on, and is garbage if we do not come to the end.
  const reservation = {
    ...EMPTY_COMMIT,
    catalog: [counters.change()],
    droppedStorage: [index.storageId],
  };
  await committer.commit(reservation, { sync: false, isReservation: true });
  const open = (): EntryList => (index.unique ? new KeyEntries() : new EntryList());
  let entries = open();
  let [bytes, pieces, total] = [0, 0, 0];
  const store = async (): Promise<void> => {
    if (entries.length === 0) return;
    build.checkOpen();
    await storePiece(build, index, entries);
    total += entries.length;
    pieces++;
    bytes = 0;
    entries = open();
  };
  for await (const { rowIds, keys } of keyedRows(writer, index, view)) {
    for (let row = 0; row < keys.length; row++) {
      if (!hasKey(keys, row)) continue;
      checkNew(writer, index, entries, keys, row);
      const [start, end] = [keys.starts[row] as number, keys.starts[row + 1] as number];
      const suffixed = !mustBeUnique(index, keys, row);
      entries.add(keys.bytes, start, end, rowIds[row] as number, BUILD_COMMAND, suffixed);
      bytes += ENTRY_OVERHEAD_BYTES + end - start;
    }
    if (bytes > pieceBytes) await store();
  }
  await store();
  // Within a piece duplicates were found; one in another piece has taken the place of the first.
  if (!index.unique || pieces <= 1) return;
  if ((await countEntries(build, index)) !== total) await throwDuplicate(build, index, view);
}

/** One piece as a commit, which waits for those before it. */
async function storePiece(
  { writer, committer }: StoredBuild,
  index: IndexDescriptor,
  entries: EntryList,
): Promise<void> {
  const added = new AllEntries(entries);
  const rows = { length: 0, read: () => undefined };
  const change = {
    storageId: writer.table.storageId,
    rows,
    counts: noRows(),
    indexes: [{ storageId: index.storageId, removed: NO_ENTRIES, added }],
  };
  const tables = await encodeTables([change], writer.turns);
  await committer.commit({ ...EMPTY_COMMIT, tables: [change] }, { sync: false, tables });
}

const NO_ENTRIES: EntryChanges = { length: 0, read: () => undefined };

class AllEntries implements EntryChanges {
  readonly #entries: EntryList;

  constructor(entries: EntryList) {
    this.#entries = entries;
  }

  get length(): number {
    return this.#entries.length;
  }

  read(i: number, into: EntryChange): void {
    this.#entries.findKey(i, into);
    into.rowId = this.#entries.rowIdAt(i);
    into.suffixed = this.#entries.isSuffixed(i);
  }
}

async function countEntries({ writer }: StoredBuild, index: IndexDescriptor): Promise<number> {
  let count = 0;
  for await (const page of writer.kv.scan(indexRange(index.storageId))) {
    count += page.length;
    await writer.turns.checkpoint();
  }
  return count;
}

/** 23505 for a row whose key leads to another row. */
async function throwDuplicate(
  { writer }: StoredBuild,
  index: IndexDescriptor,
  view: RowView,
): Promise<void> {
  const { kv, table, schemaName } = writer;
  for await (const { rowIds, keys } of keyedRows(writer, index, view)) {
    const rows: number[] = [];
    const entryKeys: Uint8Array[] = [];
    for (let row = 0; row < keys.length; row++) {
      if (!hasKey(keys, row) || !mustBeUnique(index, keys, row)) continue;
      const [start, end] = [keys.starts[row] as number, keys.starts[row + 1] as number];
      rows.push(row);
      entryKeys.push(indexEntryKey(index.storageId, keys.bytes, start, end, null));
    }
    const values = await kv.getMany(entryKeys);
    for (const [i, row] of rows.entries()) {
      const [key, value] = [entryKeys[i] as Uint8Array, values[i]];
      const what = (): string => `table "${table.name}", index "${index.name}"`;
      const holder = value === undefined ? undefined : rowIdOfEntry(openValue(key, value, what));
      if (holder !== rowIds[row]) throw duplicateInBuild(table, schemaName, index, keys, row);
    }
  }
}
