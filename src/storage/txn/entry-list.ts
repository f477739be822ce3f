/**
 * Index entries of a transaction: keys are bytes in an arena and everything else is in columns, so that
 * millions of entries are few objects. They are found by their keys in sorted runs.
 */
import { finishInTurns } from '../../base/steps.ts';
import type { Turns } from '../turns.ts';
import { ByteArena, type ByteCursor } from './byte-arena.ts';
import { FlagColumn, NumberColumn } from './columns.ts';
import { SortedEntries } from './sorted-entries.ts';

export class EntryList {
  readonly #arena = new ByteArena();
  readonly #positions = new NumberColumn();
  readonly #rowIds = new NumberColumn();
  readonly #commands = new NumberColumn();
  readonly #suffixed = new FlagColumn();
  readonly #sorted = new SortedEntries((a, b) => this.#compare(a, b));

  get length(): number {
    return this.#positions.length;
  }

  /**
   * Adds an entry under the key `bytes[start, end)` for the version of a row that `command` wrote; the
   * stored key of a suffixed one ends in the row id. Returns the entry's number.
   */
  add(
    bytes: Uint8Array,
    start: number,
    end: number,
    rowId: number,
    command: number,
    suffixed: boolean,
  ): number {
    this.#positions.push(this.#arena.add(bytes, start, end));
    this.#rowIds.push(rowId);
    this.#commands.push(command);
    this.#suffixed.push(suffixed ? 1 : 0);
    return this.#positions.length - 1;
  }

  rowIdAt(entry: number): number {
    return this.#rowIds.at(entry);
  }

  commandAt(entry: number): number {
    return this.#commands.at(entry);
  }

  isSuffixed(entry: number): boolean {
    return this.#suffixed.at(entry) === 1;
  }

  /** The key itself, not a copy. */
  keyAt(entry: number): Uint8Array {
    return this.#arena.at(this.#positions.at(entry));
  }

  findKey(entry: number, into: ByteCursor): void {
    this.#arena.find(this.#positions.at(entry), into);
  }

  hasKey(entry: number, bytes: Uint8Array, start: number, end: number): boolean {
    return this.#arena.equals(this.#positions.at(entry), bytes, start, end);
  }

  /** Makes `range` bring all entries that there are now. */
  async prepareRanges(turns: Turns): Promise<void> {
    await finishInTurns(this.#sorted.takeIn(this.length), () => turns.checkpoint());
  }

  /** Makes `withKey` bring all entries that there are now. */
  prepareLookups(turns: Turns): Promise<void> | undefined {
    return this.prepareRanges(turns);
  }

  /** Entries with keys in [from, to), in the order of keys and row ids. */
  range(from: Uint8Array, to: Uint8Array | undefined, reverse: boolean): Generator<number, void> {
    const isBefore = (entry: number, key: Uint8Array): boolean =>
      this.#arena.compareTo(this.#positions.at(entry), key) < 0;
    return this.#sorted.range(
      (entry) => isBefore(entry, from),
      (entry) => to === undefined || isBefore(entry, to),
      reverse,
    );
  }

  /** Entries under one key. */
  withKey(bytes: Uint8Array, start: number, end: number): Iterable<number> {
    const next = new Uint8Array(end - start + 1);
    next.set(bytes.subarray(start, end));
    return this.range(bytes.subarray(start, end), next, false);
  }

  #compare(a: number, b: number): number {
    const order = this.#arena.compare(this.#positions.at(a), this.#positions.at(b));
    return order === 0 ? this.#rowIds.at(a) - this.#rowIds.at(b) : order;
  }
}
