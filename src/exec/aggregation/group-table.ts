/** Numbers for keys of groups: from a grid as long as that takes them, then from hashing. */
import { vectorRep, type SqlType } from '../../types/type.ts';
import type { Vector } from '../../vector/vector.ts';
import type { PackedKeys } from '../packed-keys/packed-keys.ts';
import type { Steps } from '../packed-keys/packed-table.ts';
import { RowNumbers, type TakeKeys } from '../packed-keys/row-numbers.ts';
import { TextIds } from '../packed-keys/text-ids.ts';
import { AXES_MAX, GroupGrid } from './group-grid.ts';

/** Groups that move from the grid to the table at a time. */
const STEP_GROUPS = 4096;

export class GroupTable {
  readonly #table: RowNumbers;
  readonly #takeKeys: TakeKeys;
  #grid: GroupGrid | undefined;

  /** `takeKeys` is called for all groups, in their order, when `hasKeys` ends. */
  constructor(types: readonly SqlType[], takeKeys: TakeKeys) {
    const texts = types.map(({ oid }) => (vectorRep(oid) === 'text' ? new TextIds() : undefined));
    this.#table = new RowNumbers(types, takeKeys, texts);
    this.#takeKeys = takeKeys;
    if (types.length > 0 && types.length <= AXES_MAX) this.#grid = new GroupGrid(types, texts);
  }

  get count(): number {
    return (this.#grid ?? this.#table).count;
  }

  /** After `insert`: for each new group, in order, the row that brought it. */
  get newRows(): Int32Array {
    return (this.#grid ?? this.#table).newRows;
  }

  /** A rough count of the bytes that the table holds. */
  get bytes(): number {
    return (this.#grid ?? this.#table).bytes;
  }

  /** Whether groups can be asked for their keys; else they are for others to keep. */
  get hasKeys(): boolean {
    return this.#grid !== undefined || this.#table.hasKeys;
  }

  /** The keys as long as they are packed. */
  get packed(): PackedKeys | undefined {
    return this.#grid === undefined ? this.#table.packed : undefined;
  }

  /** The keys of groups [first, end), where there are any. */
  keys(first: number, end: number): Vector[] {
    return (this.#grid ?? this.#table).keys(first, end);
  }

  /**
   * Writes each row's group to `out`, new ones numbered on; NULLs equal each other. Where that is not done at
   * once, the steps that are left.
   */
  insert(keys: readonly Vector[], length: number, out: Int32Array): Steps | undefined {
    if (this.#grid?.insert(keys, length, out) === true) return undefined;
    return this.#insertSteps(keys, length, out);
  }

  *#insertSteps(keys: readonly Vector[], length: number, out: Int32Array): Steps {
    yield* this.#leaveGrid();
    yield* this.#table.insert(keys, length, out);
  }

  /** Writes each row's group to `out`, -1 where there is none. */
  *find(keys: readonly Vector[], length: number, out: Int32Array): Steps {
    yield* this.#leaveGrid();
    yield* this.#table.find(keys, length, out);
  }

  /** Gives memory back; the table must not be used any more. */
  free(): void {
    this.#table.free();
  }

  /** The table numbers the groups as the grid did: in the order of their appearance. */
  *#leaveGrid(): Steps {
    const grid = this.#grid;
    if (grid === undefined) return;
    this.#grid = undefined;
    const numbers = new Int32Array(STEP_GROUPS);
    for (let first = 0; first < grid.count; first += STEP_GROUPS) {
      const end = Math.min(grid.count, first + STEP_GROUPS);
      const keys = grid.keys(first, end, this.#table.hasKeys);
      if (!this.#table.hasKeys) this.#takeKeys(keys, end - first);
      yield* this.#table.insert(keys, end - first, numbers);
      yield;
    }
  }
}
