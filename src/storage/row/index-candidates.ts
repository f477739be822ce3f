/**
 * Candidates of an index scan: entries that the store has, that undo still remembers and that are the
 * transaction's own, in key order. Each points to a row that has the key, or had it, or may have it.
 */
import type { IndexDescriptor } from '../../catalog/catalog.ts';
import { openValue } from '../format/envelope.ts';
import {
  INDEX_PREFIX_BYTES,
  bytesToText,
  rowIdOfEntry,
  textToBytes,
  valueEndOfEntryKey,
  type KeyRange,
} from '../format/keys.ts';
import type { KvEntry } from '../kv/kv.ts';
import type { IndexRequest } from '../storage.ts';
import type { EntryList } from '../txn/entry-list.ts';
import type { RowView } from './row-reader.ts';

/** An entry: its key is `bytes[start, end)`. */
export interface Candidate {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly rowId: number;
  /** From the store, as of the snapshot's time or later; others may be stale. */
  readonly stored: boolean;
}

/**
 * Undo is asked after the store, or after the time as of which the store is read: it was filled before
 * anything newer could be read.
 */
export async function* candidatePages(
  view: RowView,
  request: IndexRequest,
  range: KeyRange,
): AsyncGenerator<readonly Candidate[]> {
  const { index, equals, descending } = request;
  const isOneKey = equals.length === index.keys.length;
  if (isOneKey && index.unique) {
    yield await candidatesOfKey(view, index, range.from);
    return;
  }
  const stored = view.kv.scan({ ...range, reverse: descending });
  let extras: Iterable<Candidate>;
  try {
    extras = isOneKey
      ? await extrasOfKey(view, index, range.from, descending)
      : await extrasOfRange(view, index, range, descending);
  } catch (error) {
    await stored[Symbol.asyncIterator]().return?.();
    throw error;
  }
  yield* mergedPages(view, request, stored, extras);
}

/** No part of the key is NULL, so there is one stored entry at most. */
async function candidatesOfKey(
  view: RowView,
  index: IndexDescriptor,
  key: Uint8Array,
): Promise<Candidate[]> {
  const value = await view.kv.get(key);
  const extras = await extrasOfKey(view, index, key, false);
  if (value === undefined) return extras;
  const stored = openEntry(view, index, { key, value });
  if (extras.length === 0) return [stored];
  return [stored, ...extras.filter(({ rowId }) => rowId !== stored.rowId)];
}

/** Own entries under one key and those that undo remembers, once each. */
async function extrasOfKey(
  view: RowView,
  index: IndexDescriptor,
  bytes: Uint8Array,
  descending: boolean,
): Promise<Candidate[]> {
  const { undo } = view.state;
  const own = view.writes?.indexes.get(index.storageId)?.added;
  const rowIds: number[] = [];
  const [start, end] = [INDEX_PREFIX_BYTES, bytes.length];
  const lists = undo.isEmpty ? [] : undo.removedAfter(index.storageId, view.snapshot);
  if (own !== undefined && own.length > 0) lists.push(own);
  if (!undo.isEmpty) undo.entriesAt(index.storageId, bytes, start, view.snapshot, rowIds);
  for (const entries of lists) {
    await entries.prepareLookups(view.turns);
    for (const entry of entries.withKey(bytes, start, end)) rowIds.push(entries.rowIdAt(entry));
  }
  if (rowIds.length === 0) return [];
  const sorted = Float64Array.from(new Set(rowIds)).sort();
  if (descending) sorted.reverse();
  return Array.from(sorted, (rowId) => ({ bytes, start, end, rowId, stored: false }));
}

/** Own entries and those that undo remembers, in the order of the scan; some may come twice. */
async function extrasOfRange(
  view: RowView,
  index: IndexDescriptor,
  range: KeyRange,
  descending: boolean,
): Promise<Iterable<Candidate>> {
  const { undo } = view.state;
  const lists = undo.removedAfter(index.storageId, view.snapshot);
  const added = view.writes?.indexes.get(index.storageId)?.added;
  if (added !== undefined && added.length > 0) lists.push(added);
  const old = undo.isEmpty ? [] : oldEntries(view, index, range, descending);
  if (lists.length === 0) return old;
  const from = range.from.subarray(INDEX_PREFIX_BYTES);
  // A range that ends with the index's last key has no value bytes in its end.
  const to =
    range.to.length > INDEX_PREFIX_BYTES ? range.to.subarray(INDEX_PREFIX_BYTES) : undefined;
  const parts: Iterator<Candidate>[] = [old[Symbol.iterator]()];
  for (const entries of lists) {
    await entries.prepareRanges(view.turns);
    parts.push(candidatesIn(entries, entries.range(from, to, descending)));
  }
  return merged(parts, descending ? -1 : 1);
}

function* candidatesIn(entries: EntryList, numbers: Iterable<number>): Generator<Candidate, void> {
  for (const entry of numbers) {
    const bytes = entries.keyAt(entry);
    const rowId = entries.rowIdAt(entry);
    yield { bytes, start: 0, end: bytes.length, rowId, stored: false };
  }
}

/** Entries that small commits removed. */
function oldEntries(
  view: RowView,
  index: IndexDescriptor,
  range: KeyRange,
  descending: boolean,
): Candidate[] {
  const from = bytesToText(range.from, INDEX_PREFIX_BYTES);
  const to =
    range.to.length > INDEX_PREFIX_BYTES ? bytesToText(range.to, INDEX_PREFIX_BYTES) : undefined;
  const accept = (key: string): boolean => key >= from && (to === undefined || key < to);
  const found: { key: string; rowId: number }[] = [];
  view.state.undo.collectEntries(index.storageId, view.snapshot, accept, found);
  const candidates = found.map(({ key, rowId }) => {
    const bytes = textToBytes(key);
    return { bytes, start: 0, end: bytes.length, rowId, stored: false };
  });
  candidates.sort(compareCandidates);
  return descending ? candidates.reverse() : candidates;
}

/** Merges ordered candidates. */
function* merged(parts: Iterator<Candidate>[], direction: number): Generator<Candidate, void> {
  const heads = parts.map((part) => part.next());
  for (;;) {
    let best = -1;
    for (let i = 0; i < heads.length; i++) {
      if (heads[i]?.done === true) continue;
      const isFirst = best < 0 || orderOf(heads[i], heads[best]) * direction < 0;
      if (isFirst) best = i;
    }
    if (best < 0) return;
    yield heads[best]?.value as Candidate;
    heads[best] = (parts[best] as Iterator<Candidate>).next();
  }
}

function orderOf(
  a: IteratorResult<Candidate> | undefined,
  b: IteratorResult<Candidate> | undefined,
): number {
  return compareCandidates(a?.value as Candidate, b?.value as Candidate);
}

/** Extra candidates of a page at most. */
const PAGE_CANDIDATES = 1_024;

/** Stored entries with the extra ones between them, each once. */
async function* mergedPages(
  view: RowView,
  { index, descending }: IndexRequest,
  storedPages: AsyncIterable<readonly KvEntry[]>,
  extras: Iterable<Candidate>,
): AsyncGenerator<readonly Candidate[]> {
  const direction = descending ? -1 : 1;
  const waiting = extras[Symbol.iterator]();
  let extra = waiting.next();
  let before: Candidate | undefined;
  let page: Candidate[] = [];
  const push = (candidate: Candidate): void => {
    if (before === undefined || compareCandidates(before, candidate) !== 0) page.push(candidate);
    before = candidate;
  };
  for await (const entries of storedPages) {
    for (const entry of entries) {
      const stored = openEntry(view, index, entry);
      while (extra.done !== true) {
        const order = compareCandidates(extra.value, stored) * direction;
        if (order > 0) break;
        // Where both are the same, the stored one counts.
        if (order < 0) push(extra.value);
        extra = waiting.next();
        if (page.length < PAGE_CANDIDATES) continue;
        yield page;
        page = [];
      }
      push(stored);
    }
    yield page;
    page = [];
  }
  for (; extra.done !== true; extra = waiting.next()) {
    push(extra.value);
    if (page.length < PAGE_CANDIDATES) continue;
    yield page;
    page = [];
  }
  yield page;
}

function compareCandidates(a: Candidate, b: Candidate): number {
  const shift = b.start - a.start;
  const end = Math.min(a.end, b.end - shift);
  for (let i = a.start; i < end; i++) {
    const difference = (a.bytes[i] as number) - (b.bytes[i + shift] as number);
    if (difference !== 0) return difference;
  }
  return a.end - a.start - (b.end - b.start) || a.rowId - b.rowId;
}

function openEntry(view: RowView, index: IndexDescriptor, { key, value }: KvEntry): Candidate {
  const body = openValue(key, value, () => `table "${view.table.name}", index "${index.name}"`);
  return {
    bytes: key,
    start: INDEX_PREFIX_BYTES,
    end: valueEndOfEntryKey(key, body),
    rowId: rowIdOfEntry(body),
    stored: true,
  };
}
