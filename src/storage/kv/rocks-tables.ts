/**
 * Checks the blocks of RocksDB's tables before an iterator reads them. The npm package tells RocksDB not
 * to verify checksums in iterators: a damaged block would hide entries, or end the process where a length
 * in it makes no sense. Reads of single keys are verified by RocksDB, and so is what this process writes.
 */
import { compareBytes } from '../../base/bytes.ts';
import { crc32c } from '../../base/crc32c.ts';
import type { Disk, DiskFile } from '../../base/env.ts';
import type { KvRange } from './kv.ts';
import { unmaskedChecksum } from './rocks-log.ts';
import { damagedStore, Fields, readManifest } from './rocks-manifest.ts';

const FOOTER_BYTES = 53;
const MAGIC = 0x88e2_41b7_85f4_cff7n;
/** The version that says how the index is written. */
const FORMAT = 4;
/** Behind each block: how it is compressed, and the checksum. */
const TRAILER_BYTES = 5;
/** Blocks read at a time. */
const READ_BYTES = 1024 * 1024;

interface Handle {
  readonly offset: number;
  readonly size: number;
}

export class TableChecks {
  readonly #disk: Disk;
  readonly #directory: string;
  /** Tables of an earlier process with blocks that have not been looked at. */
  #tables: Table[] = [];
  /** Checks one after the other: two scans need not read the same blocks. */
  #last: Promise<void> = Promise.resolve();

  private constructor(disk: Disk, directory: string) {
    this.#disk = disk;
    this.#directory = directory;
  }

  /** Takes note of the tables there are, and checks what RocksDB believes unseen. */
  static async open(disk: Disk, directory: string): Promise<TableChecks> {
    const checks = new TableChecks(disk, directory);
    const manifest = await readManifest(disk, directory);
    for (const name of manifest?.tables ?? []) {
      const table = await checks.#withFile(name, (file) => openTable(name, file));
      if (table !== undefined) checks.#tables.push(table);
    }
    return checks;
  }

  /** XX001 where a block is damaged that an iterator over the range may read. */
  verify(range: KvRange): Promise<void> | undefined {
    if (this.#tables.length === 0) return undefined;
    if (!this.#tables.some((table) => table.needsCheck(range))) return undefined;
    const checked = this.#last.then(() => this.#verify(range));
    this.#last = checked.catch(() => undefined);
    return checked;
  }

  async #verify(range: KvRange): Promise<void> {
    for (const table of this.#tables) {
      if (!table.needsCheck(range)) continue;
      const done = await this.#withFile(table.name, (file) => table.check(range, file));
      // A table that is gone was compacted into others, and verified for that.
      if (done === undefined || table.isChecked) {
        this.#tables = this.#tables.filter((each) => each !== table);
      }
    }
  }

  /** Undefined where there is no such file. */
  async #withFile<T>(name: string, use: (file: DiskFile) => Promise<T>): Promise<T | undefined> {
    const path = `${this.#directory}/${name}`;
    let file: DiskFile;
    try {
      file = await this.#disk.open(path, 'read');
    } catch (error) {
      if ((error as { code?: unknown }).code === 'ENOENT') return undefined;
      throw error;
    }
    try {
      return await use(file);
    } finally {
      await file.close();
    }
  }
}

/** The data blocks of one table. */
class Table {
  readonly name: string;
  /** By block, a key that is not below its last and below the next block's first; kept as it is stored. */
  readonly #index: BlockList;
  readonly #isChecked: Uint8Array;
  #unchecked: number;

  constructor(name: string, index: BlockList) {
    this.name = name;
    this.#index = index;
    this.#isChecked = new Uint8Array(index.length);
    this.#unchecked = index.length;
  }

  get isChecked(): boolean {
    return this.#unchecked === 0;
  }

  needsCheck(range: KvRange): boolean {
    const { from, to } = this.#blocksOf(range);
    return this.#isChecked.subarray(from, to).includes(0);
  }

  async check(range: KvRange, file: DiskFile): Promise<true> {
    const { from, to } = this.#blocksOf(range);
    let first = from;
    while (first < to) {
      const start = this.#index.at(first).handle.offset;
      let next = first + 1;
      while (next < to && endOf(this.#index.at(next).handle) - start <= READ_BYTES) next++;
      const bytes = await file.read(start, endOf(this.#index.at(next - 1).handle) - start);
      for (let block = first; block < next; block++) {
        const { offset, size } = this.#index.at(block).handle;
        checkBlock(this.name, bytes, { offset: offset - start, size }, offset);
        this.#unchecked -= 1 - (this.#isChecked[block] as number);
        this.#isChecked[block] = 1;
      }
      first = next;
    }
    return true;
  }

  /** Blocks with keys of the range, and one more at both ends: an iterator stops at a key outside. */
  #blocksOf({ from, to }: KvRange): { from: number; to: number } {
    const first = this.#firstNotBelow(from);
    const last = this.#firstNotBelow(to);
    return { from: Math.max(first - 1, 0), to: Math.min(last + 2, this.#index.length) };
  }

  #firstNotBelow(key: Uint8Array): number {
    let low = 0;
    let high = this.#index.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareBytes(this.#index.at(middle).key, key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function endOf({ offset, size }: Handle): number {
  return offset + size + TRAILER_BYTES;
}

/** Reads a table's footer, its index, and its properties, without which RocksDB misreads the index. */
async function openTable(name: string, file: DiskFile): Promise<Table> {
  const size = await file.size();
  const footer = await file.read(Math.max(0, size - FOOTER_BYTES), FOOTER_BYTES);
  const view = new DataView(footer.buffer, footer.byteOffset, footer.length);
  const isKnown =
    footer.length === FOOTER_BYTES &&
    view.getBigUint64(FOOTER_BYTES - 8, true) === MAGIC &&
    view.getUint32(FOOTER_BYTES - 12, true) === FORMAT &&
    footer[0] === 1;
  if (!isKnown) throw damagedTable(name, size - FOOTER_BYTES);
  const fields = new Fields(footer, 1);
  const meta = await readBlock(name, file, handleOf(fields));
  const index = await readBlock(name, file, handleOf(fields));
  const others = new BlockList(meta, true);
  for (let i = 0; i < others.length; i++) {
    const { key, handle } = others.at(i);
    // Not filters, whose absence changes nothing.
    if (new TextDecoder().decode(key).startsWith('rocksdb.')) await readBlock(name, file, handle);
  }
  return new Table(name, new BlockList(index, false));
}

function handleOf(fields: Fields): Handle {
  return { offset: fields.number(), size: fields.number() };
}

async function readBlock(name: string, file: DiskFile, handle: Handle): Promise<Uint8Array> {
  const bytes = await file.read(handle.offset, handle.size + TRAILER_BYTES);
  checkBlock(name, bytes, { offset: 0, size: handle.size }, handle.offset);
  return bytes.subarray(0, handle.size);
}

/** `offset` is the place in the table of the block that \`handle\` finds in \`bytes\`. */
function checkBlock(name: string, bytes: Uint8Array, handle: Handle, offset: number): void {
  const end = endOf(handle);
  if (end > bytes.length) throw damagedTable(name, offset);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const stored = unmaskedChecksum(view.getUint32(end - 4, true));
  if (crc32c(bytes, 0, handle.offset, end - 4) !== stored) throw damagedTable(name, offset);
}

/** A block with the places of others, whose entries give their keys whole; only some say their lengths. */
class BlockList {
  readonly #bytes: Uint8Array;
  readonly #withLengths: boolean;
  readonly #starts: Int32Array;

  constructor(block: Uint8Array, withLengths: boolean) {
    const view = new DataView(block.buffer, block.byteOffset, block.length);
    const restarts = view.getUint32(block.length - 4, true);
    this.#bytes = block.subarray(0, block.length - 4 - 4 * restarts);
    this.#withLengths = withLengths;
    const starts: number[] = [];
    for (let at = 0; at < this.#bytes.length; at = this.#read(at).end) starts.push(at);
    this.#starts = Int32Array.from(starts);
  }

  get length(): number {
    return this.#starts.length;
  }

  at(i: number): { readonly key: Uint8Array; readonly handle: Handle } {
    return this.#read(this.#starts[i] as number);
  }

  #read(start: number): {
    readonly key: Uint8Array;
    readonly handle: Handle;
    readonly end: number;
  } {
    const fields = new Fields(this.#bytes, start);
    if (fields.number() !== 0) throw damagedStore('A table is written in an unknown way.');
    const length = fields.number();
    if (this.#withLengths) fields.number();
    const key = fields.bytes(length);
    return { key, handle: handleOf(fields), end: fields.offset };
  }
}

function damagedTable(name: string, offset: number): Error {
  return damagedStore(`${name} does not match its checksum at byte ${offset}.`);
}
