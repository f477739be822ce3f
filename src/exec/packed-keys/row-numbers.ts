/**
 * Rows of key columns numbered 0, 1, 2 ... in order of first appearance: as packed keys, and once there is a
 * value that these do not take, in a table of any values.
 */
import type { SqlType } from '../../types/type.ts';
import type { Vector } from '../../vector/vector.ts';
import { KeyTable } from '../key-table.ts';
import { PackedKeys } from './packed-keys.ts';
import type { Steps } from './packed-table.ts';
import type { TextIds } from './text-ids.ts';

/** Keys that move to the table at a time. */
const STEP_KEYS = 4096;

/** Takes so many keys, which cannot be asked for any more. */
export type TakeKeys = (keys: readonly Vector[], count: number) => void;

export class RowNumbers {
  readonly #table: KeyTable;
  readonly #takeKeys: TakeKeys | undefined;
  #packed: PackedKeys | undefined;

  /** `takeKeys` is called for all keys, in their order, when `hasKeys` ends. */
  constructor(
    types: readonly SqlType[],
    takeKeys?: TakeKeys,
    texts?: readonly (TextIds | undefined)[],
  ) {
    this.#table = new KeyTable(types.length);
    this.#takeKeys = takeKeys;
    this.#packed = PackedKeys.of(types, texts);
  }

  get count(): number {
    return (this.#packed ?? this.#table).count;
  }

  /** After `insert`: for each new key, in order, the row that brought it. */
  get newRows(): Int32Array {
    return (this.#packed ?? this.#table).newRows;
  }

  /** A rough count of the bytes that the table holds. */
  get bytes(): number {
    return (this.#packed ?? this.#table).bytes;
  }

  /** Whether keys can be asked for; else they are for others to keep. */
  get hasKeys(): boolean {
    return this.#packed !== undefined;
  }

  /** The keys as long as they are packed. */
  get packed(): PackedKeys | undefined {
    return this.#packed;
  }

  /** The keys [first, end), where there are any. */
  keys(first: number, end: number): Vector[] {
    return this.#packed?.keys(first, end) ?? [];
  }

  /** Writes each row's number to `out`, giving new numbers to new keys. NULLs equal each other. */
  *insert(columns: readonly Vector[], length: number, out: Int32Array): Steps {
    if (this.#packed !== undefined) {
      if (yield* this.#packed.insert(columns, length, out)) return;
      yield* this.#leavePacked(this.#packed);
    }
    this.#table.insert(columns, length, out);
  }

  /** Writes each row's number to `out`, -1 where there is none. */
  *find(columns: readonly Vector[], length: number, out: Int32Array): Steps {
    if (this.#packed !== undefined) {
      if (yield* this.#packed.find(columns, length, out)) return;
      yield* this.#leavePacked(this.#packed);
    }
    this.#table.find(columns, length, out);
  }

  /** Gives memory back; the numbers must not be used any more. */
  free(): void {
    this.#packed?.free();
    this.#packed = undefined;
  }

  *#leavePacked(packed: PackedKeys): Steps {
    const numbers = new Int32Array(STEP_KEYS);
    for (let first = 0; first < packed.count; first += STEP_KEYS) {
      const end = Math.min(packed.count, first + STEP_KEYS);
      const keys = packed.keys(first, end);
      this.#takeKeys?.(keys, end - first);
      this.#table.insert(keys, end - first, numbers);
      yield;
    }
    packed.free();
    this.#packed = undefined;
  }
}
