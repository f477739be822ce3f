/**
 * Rows of a transaction without an object for each: their bytes lie behind one another in few arrays,
 * and numbers say where. Millions of objects would keep the garbage collector busy.
 */
import { RowMap } from './row-map.ts';

const FIRST_BYTES = 1024;
const CHUNK_BYTES = 256 * 1024;
/** Positions are the number of the chunk times this, plus the offset in the chunk. */
const CHUNK_SPAN = 2 ** 31;
const LENGTH_BYTES = 4;

/** Byte strings, each behind its length. */
class ByteArena {
  readonly #chunks: { readonly bytes: Uint8Array; readonly view: DataView }[] = [];
  #used = 0;

  /** Copies the bytes; returns their position. */
  add(bytes: Uint8Array): number {
    const needed = LENGTH_BYTES + bytes.length;
    let chunk = this.#chunks[this.#chunks.length - 1];
    if (chunk === undefined || this.#used + needed > chunk.bytes.length) {
      const size = Math.min(CHUNK_BYTES, FIRST_BYTES * 4 ** this.#chunks.length);
      const fresh = new Uint8Array(Math.max(size, needed));
      chunk = { bytes: fresh, view: new DataView(fresh.buffer) };
      this.#chunks.push(chunk);
      this.#used = 0;
    }
    const offset = this.#used;
    chunk.view.setUint32(offset, bytes.length);
    chunk.bytes.set(bytes, offset + LENGTH_BYTES);
    this.#used = offset + needed;
    return (this.#chunks.length - 1) * CHUNK_SPAN + offset;
  }

  lengthAt(position: number): number {
    const chunk = this.#chunks[Math.floor(position / CHUNK_SPAN)];
    return chunk?.view.getUint32(position % CHUNK_SPAN) ?? 0;
  }

  /** The bytes themselves, not a copy. */
  at(position: number): Uint8Array {
    const { bytes, view } = this.#chunks[Math.floor(position / CHUNK_SPAN)] as {
      bytes: Uint8Array;
      view: DataView;
    };
    const start = (position % CHUNK_SPAN) + LENGTH_BYTES;
    return bytes.subarray(start, start + view.getUint32(start - LENGTH_BYTES));
  }

  /** Forgets what was added at `position` and after it. */
  cutAt(position: number): void {
    this.#chunks.length = Math.floor(position / CHUNK_SPAN) + 1;
    this.#used = position % CHUNK_SPAN;
  }
}

/** Committed versions by row id. */
export class CommittedRows {
  readonly #positions = new RowMap<number>();
  readonly #arena = new ByteArena();

  has(rowId: number): boolean {
    return this.#positions.has(rowId);
  }

  get(rowId: number): Uint8Array | undefined {
    const position = this.#positions.get(rowId);
    return position === undefined ? undefined : this.#arena.at(position);
  }

  /** Bytes of the row; undefined where there is none. */
  lengthOf(rowId: number): number | undefined {
    const position = this.#positions.get(rowId);
    return position === undefined ? undefined : this.#arena.lengthAt(position);
  }

  set(rowId: number, row: Uint8Array): void {
    this.#positions.set(rowId, this.#arena.add(row));
  }

  delete(rowId: number): void {
    this.#positions.delete(rowId);
  }
}

/** One version of a row by its own transaction; `row` is null where it was deleted. */
export interface OwnVersion {
  readonly command: number;
  readonly row: Uint8Array | null;
}

const NONE = -1;

/** Per row its own versions, newest first. */
export class RowVersions {
  /** By row id the number of the newest version. */
  readonly #newest = new RowMap<number>();
  readonly #commands = new NumberColumn();
  /** In the arena; NONE where the row was deleted. */
  readonly #positions = new NumberColumn();
  readonly #previous = new NumberColumn();
  readonly #arena = new ByteArena();

  /** Number of rows. */
  get size(): number {
    return this.#newest.size;
  }

  has(rowId: number): boolean {
    return this.#newest.has(rowId);
  }

  keys(): MapIterator<number> {
    return this.#newest.keys();
  }

  /** The command that wrote the newest version. */
  commandOf(rowId: number): number | undefined {
    const number = this.#newest.get(rowId);
    return number === undefined ? undefined : this.#commands.at(number);
  }

  /** True where the newest version is none. */
  isDeleted(rowId: number): boolean {
    const number = this.#newest.get(rowId);
    return number !== undefined && this.#positions.at(number) === NONE;
  }

  /** Bytes of the newest version; undefined where that is none. */
  lengthOf(rowId: number): number | undefined {
    const number = this.#newest.get(rowId);
    const position = number === undefined ? NONE : this.#positions.at(number);
    return position === NONE ? undefined : this.#arena.lengthAt(position);
  }

  /** The newest version, or that as of a command. */
  get(rowId: number, command = Infinity): OwnVersion | undefined {
    const number = this.#numberAt(rowId, command);
    if (number === undefined) return undefined;
    const position = this.#positions.at(number);
    const row = position === NONE ? null : this.#arena.at(position);
    return { command: this.#commands.at(number), row };
  }

  hasVersion(rowId: number, command: number): boolean {
    return this.#numberAt(rowId, command) !== undefined;
  }

  #numberAt(rowId: number, command: number): number | undefined {
    let number = this.#newest.get(rowId);
    while (number !== undefined && this.#commands.at(number) > command) {
      const previous = this.#previous.at(number);
      number = previous === NONE ? undefined : previous;
    }
    return number;
  }

  put(rowId: number, command: number, row: Uint8Array | null): void {
    const previous = this.#newest.get(rowId) ?? NONE;
    const position = row === null ? NONE : this.#arena.add(row);
    this.#newest.set(rowId, this.#commands.length);
    this.#commands.push(command);
    this.#positions.push(position);
    this.#previous.push(previous);
  }

  /** Takes back the `put` that was the last of all; returns the bytes of its row. */
  takeBack(rowId: number): number {
    const number = this.#commands.length - 1;
    const position = this.#positions.at(number);
    const previous = this.#previous.at(number);
    const bytes = position === NONE ? 0 : this.#arena.lengthAt(position);
    if (previous === NONE) this.#newest.delete(rowId);
    else this.#newest.set(rowId, previous);
    if (position !== NONE) this.#arena.cutAt(position);
    for (const column of [this.#commands, this.#positions, this.#previous]) column.pop();
    return bytes;
  }
}

const COLUMN_CHUNK = 8192;
const FIRST_COLUMN_CHUNK = 16;

/** A growing list of numbers in chunks, so that growing copies little. */
class NumberColumn {
  readonly #chunks: Float64Array[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  at(index: number): number {
    return (this.#chunks[index >>> 13] as Float64Array)[index & (COLUMN_CHUNK - 1)] as number;
  }

  push(value: number): void {
    const index = this.#length++;
    const number = index >>> 13;
    const offset = index & (COLUMN_CHUNK - 1);
    let chunk = this.#chunks[number];
    if (chunk === undefined || offset >= chunk.length) {
      const first = Math.max(FIRST_COLUMN_CHUNK, Math.min(COLUMN_CHUNK, offset * 4));
      const larger = new Float64Array(number === 0 ? first : COLUMN_CHUNK);
      if (chunk !== undefined) larger.set(chunk);
      this.#chunks[number] = chunk = larger;
    }
    chunk[offset] = value;
  }

  pop(): void {
    this.#length--;
  }
}
