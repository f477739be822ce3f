/** Numbers for keys of groups: from a grid as long as that takes them, then from a hash table. */
import type { SqlType } from '../../types/type.ts';
import type { Vector } from '../../vector/vector.ts';
import { KeyTable } from '../key-table.ts';
import { AXES_MAX, GroupGrid } from './group-grid.ts';

/** Groups that move from the grid to the table at a time. */
const STEP_GROUPS = 16_384;

/** Takes the keys of so many groups, which the table does not know any more. */
export type TakeKeys = (keys: readonly Vector[], count: number) => void;

export class GroupTable {
  readonly #table: KeyTable;
  readonly #takeKeys: TakeKeys;
  #grid: GroupGrid | undefined;

  /** `takeKeys` is called for all groups, in their order, when `hasKeys` ends. */
  constructor(types: readonly SqlType[], takeKeys: TakeKeys) {
    this.#table = new KeyTable(types.length);
    this.#takeKeys = takeKeys;
    if (types.length > 0 && types.length <= AXES_MAX) this.#grid = new GroupGrid(types);
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
    return this.#grid !== undefined;
  }

  /** The keys of groups [first, end), where there are any. */
  keys(first: number, end: number): Vector[] {
    return this.#grid?.keys(first, end) ?? [];
  }

  /** Writes each row's group to `out`, new ones numbered on. NULLs equal each other. */
  insert(keys: readonly Vector[], length: number, out: Int32Array): void {
    if (this.#grid?.insert(keys, length, out) === true) return;
    this.#leaveGrid();
    this.#table.insert(keys, length, out);
  }

  /** Writes each row's group to `out`, -1 where there is none. */
  find(keys: readonly Vector[], length: number, out: Int32Array): void {
    this.#leaveGrid();
    this.#table.find(keys, length, out);
  }

  /** The table numbers the groups as the grid did: in the order of their appearance. */
  #leaveGrid(): void {
    const grid = this.#grid;
    if (grid === undefined) return;
    this.#grid = undefined;
    for (let first = 0; first < grid.count; first += STEP_GROUPS) {
      const end = Math.min(grid.count, first + STEP_GROUPS);
      const keys = grid.keys(first, end);
      this.#takeKeys(keys, end - first);
      this.#table.insert(keys, end - first, new Int32Array(end - first));
    }
  }
}
