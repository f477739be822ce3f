/**
 * The in-memory twin of RocksDB: sorted leaves of immutable arrays. A write replaces the leaves that it
 * touches, so a scan keeps its snapshot by holding on to the list of leaves.
 */
import { compareBytes } from '../../base/bytes.ts';
import { InternalError } from '../../errors/db-error.ts';
import type { KvBatch, KvEntry, KvOperation, KvRange, KvStore } from './kv.ts';

type Leaf = readonly KvEntry[];

const LEAF_ENTRIES_MAX = 256;

class MemoryBatch implements KvBatch {
  readonly operations: KvOperation[] = [];

  get length(): number {
    return this.operations.length;
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.operations.push({ type: 'put', key: key.slice(), value: value.slice() });
  }

  delete(key: Uint8Array): void {
    this.operations.push({ type: 'delete', key: key.slice() });
  }
}

/** A `KvStore` that forgets everything at close. */
export class MemoryKv implements KvStore {
  #leaves: readonly Leaf[] = [];

  get(key: Uint8Array): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.#find(key));
  }

  getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    return Promise.resolve(keys.map((key) => this.#find(key)));
  }

  batch(): KvBatch {
    return new MemoryBatch();
  }

  write(written: readonly KvOperation[] | KvBatch): Promise<void> {
    const operations = written instanceof MemoryBatch ? written.operations : written;
    if (!Array.isArray(operations)) throw new InternalError('a batch of another store');
    const sorted = operations.map((operation, order) => ({ operation, order }));
    sorted.sort((a, b) => compareBytes(a.operation.key, b.operation.key) || a.order - b.order);
    const last = sorted.filter(
      ({ operation }, i) =>
        i === sorted.length - 1 ||
        compareBytes(operation.key, (sorted[i + 1] as (typeof sorted)[0]).operation.key) !== 0,
    );
    this.#merge(last.map(({ operation }) => operation));
    return Promise.resolve();
  }

  scan(range: KvRange): AsyncIterable<readonly KvEntry[]> {
    return scanLeaves(this.#leaves, range);
  }

  deleteRange(from: Uint8Array, to: Uint8Array): Promise<void> {
    const kept: Leaf[] = [];
    for (const leaf of this.#leaves) {
      const rest = leaf.filter(
        ({ key }) => compareBytes(key, from) < 0 || compareBytes(key, to) >= 0,
      );
      if (rest.length > 0) kept.push(rest.length === leaf.length ? leaf : rest);
    }
    this.#leaves = kept;
    return Promise.resolve();
  }

  approximateSize(from: Uint8Array, to: Uint8Array): Promise<number> {
    let size = 0;
    for (const leaf of this.#leaves) {
      for (const { key, value } of leaf) {
        if (compareBytes(key, from) >= 0 && compareBytes(key, to) < 0) {
          size += key.length + value.length;
        }
      }
    }
    return Promise.resolve(size);
  }

  mark(): Promise<() => boolean> {
    return Promise.resolve(() => true);
  }

  moveToTables(): Promise<void> {
    return Promise.resolve();
  }

  reclaim(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#leaves = [];
    return Promise.resolve();
  }

  #find(key: Uint8Array): Uint8Array | undefined {
    const leaf = this.#leaves[leafOf(this.#leaves, key)];
    if (leaf === undefined) return undefined;
    const i = lowerBound(leaf, key);
    const entry = leaf[i];
    return entry !== undefined && compareBytes(entry.key, key) === 0 ? entry.value : undefined;
  }

  /** Applies operations that are sorted and unique by key. */
  #merge(operations: readonly KvOperation[]): void {
    if (operations.length === 0) return;
    const leaves = this.#leaves;
    const result: Leaf[] = [];
    let next = 0;
    for (let i = 0; i < leaves.length; i++) {
      const leaf = leaves[i] as Leaf;
      const following = leaves[i + 1];
      const start = next;
      while (
        next < operations.length &&
        (following === undefined ||
          compareBytes((operations[next] as KvOperation).key, (following[0] as KvEntry).key) < 0)
      ) {
        next++;
      }
      if (start === next) result.push(leaf);
      else pushLeaves(result, mergeLeaf(leaf, operations, start, next));
    }
    if (leaves.length === 0) pushLeaves(result, mergeLeaf([], operations, 0, operations.length));
    this.#leaves = result;
  }
}

function mergeLeaf(
  leaf: Leaf,
  operations: readonly KvOperation[],
  start: number,
  end: number,
): KvEntry[] {
  const merged: KvEntry[] = [];
  let i = 0;
  for (let o = start; o < end; o++) {
    const operation = operations[o] as KvOperation;
    while (i < leaf.length && compareBytes((leaf[i] as KvEntry).key, operation.key) < 0) {
      merged.push(leaf[i] as KvEntry);
      i++;
    }
    if (i < leaf.length && compareBytes((leaf[i] as KvEntry).key, operation.key) === 0) i++;
    if (operation.type === 'put') merged.push({ key: operation.key, value: operation.value });
  }
  for (; i < leaf.length; i++) merged.push(leaf[i] as KvEntry);
  return merged;
}

function pushLeaves(target: Leaf[], entries: KvEntry[]): void {
  if (entries.length === 0) return;
  if (entries.length <= LEAF_ENTRIES_MAX) {
    target.push(entries);
    return;
  }
  const half = LEAF_ENTRIES_MAX / 2;
  for (let i = 0; i < entries.length; i += half) target.push(entries.slice(i, i + half));
}

/** The leaf that `key` belongs to: the last one that begins at or before it. */
function leafOf(leaves: readonly Leaf[], key: Uint8Array): number {
  let low = 0;
  let high = leaves.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareBytes(((leaves[middle] as Leaf)[0] as KvEntry).key, key) <= 0) low = middle + 1;
    else high = middle;
  }
  return Math.max(low - 1, 0);
}

function lowerBound(leaf: Leaf, key: Uint8Array): number {
  let low = 0;
  let high = leaf.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareBytes((leaf[middle] as KvEntry).key, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

async function* scanLeaves(
  leaves: readonly Leaf[],
  range: KvRange,
): AsyncIterable<readonly KvEntry[]> {
  if (leaves.length === 0 || compareBytes(range.from, range.to) >= 0) return;
  let left = range.limit ?? Infinity;
  const first = leafOf(leaves, range.from);
  const last = leafOf(leaves, range.to);
  for (let step = 0; step <= last - first; step++) {
    const leaf = leaves[range.reverse === true ? last - step : first + step] as Leaf;
    const page = leaf.slice(lowerBound(leaf, range.from), lowerBound(leaf, range.to));
    if (range.reverse === true) page.reverse();
    if (page.length > left) page.length = left;
    left -= page.length;
    if (page.length > 0) yield page;
    if (left === 0) return;
  }
}
