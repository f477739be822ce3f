/**
 * Rows of a transaction without an object for each: their bytes lie behind one another in few arrays,
 * and numbers say where. Millions of objects would keep the garbage collector busy.
 */
import { ByteArena, type ByteCursor } from './byte-arena.ts';
import { NumberColumn } from './columns.ts';
import { RowNumbers } from './row-numbers.ts';

/** Committed versions by row id. */
export class CommittedRows {
  readonly #positions = new RowNumbers();
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
    this.#positions.set(rowId, this.#arena.add(row, 0, row.length));
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

/** Per row its own versions, newest first. Versions are numbered in the order of their making. */
export class RowVersions {
  /** By row id the number of the newest version. */
  readonly #newest = new RowNumbers();
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

  keys(): Generator<number, void> {
    return this.#newest.keys();
  }

  /** The number of the newest version. */
  numberOf(rowId: number): number | undefined {
    return this.#newest.get(rowId);
  }

  /** The command that wrote the newest version. */
  commandOf(rowId: number): number | undefined {
    const number = this.#newest.get(rowId);
    return number === undefined ? undefined : this.#commands.at(number);
  }

  commandAt(number: number): number {
    return this.#commands.at(number);
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

  /** Where the newest version's bytes are; false where that is none. */
  find(rowId: number, into: ByteCursor): boolean {
    const number = this.#newest.get(rowId);
    const position = number === undefined ? NONE : this.#positions.at(number);
    if (position === NONE) return false;
    this.#arena.find(position, into);
    return true;
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

  /** A version of the bytes `row[start, end)`; returns its number. */
  put(rowId: number, command: number, row: Uint8Array, start: number, end: number): number {
    return this.#add(rowId, command, this.#arena.add(row, start, end));
  }

  /** The row is deleted; returns the number of that version. */
  putDeleted(rowId: number, command: number): number {
    return this.#add(rowId, command, NONE);
  }

  #add(rowId: number, command: number, position: number): number {
    const number = this.#commands.length;
    const previous = this.#newest.get(rowId) ?? NONE;
    this.#newest.set(rowId, number);
    this.#commands.push(command);
    this.#positions.push(position);
    this.#previous.push(previous);
    return number;
  }

  /** Takes back the version that was made last, of this row; returns its bytes. */
  takeBack(rowId: number): number {
    const number = this.#commands.length - 1;
    const position = this.#positions.at(number);
    const previous = this.#previous.at(number);
    const bytes = position === NONE ? 0 : this.#arena.lengthAt(position);
    if (previous === NONE) this.#newest.delete(rowId);
    else this.#newest.set(rowId, previous);
    if (position !== NONE) this.#arena.cutAt(position);
    for (const column of [this.#commands, this.#positions, this.#previous]) column.cutAt(number);
    return bytes;
  }
}
