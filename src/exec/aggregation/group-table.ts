/** Numbers for keys of groups: from a grid as long as that takes them, then from a hash table. */
import type { Vector } from '../../vector/vector.ts';
import { KeyTable } from '../key-table.ts';
import { AXES_MAX, GroupGrid } from './group-grid.ts';

/** Groups that move from the grid to the table at a time. */
const STEP_GROUPS = 16_384;

export class GroupTable {
  readonly #table: KeyTable;
  readonly #width: number;
  #grid: GroupGrid | undefined;

  constructor(width: number) {
    this.#width = width;
    this.#table = new KeyTable(width);
    if (width > 0 && width <= AXES_MAX) this.#grid = new GroupGrid(width);
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

  /** Writes each row's group to `out`, new ones numbered on. NULLs equal each other. */
  insert(keys: readonly Vector[], length: number, out: Int32Array): void {
    if (this.#grid?.insert(keys, length, out) === true) return;
    this.#leaveGrid(keys);
    this.#table.insert(keys, length, out);
  }

  /** Writes each row's group to `out`, -1 where there is none. */
  find(keys: readonly Vector[], length: number, out: Int32Array): void {
    this.#leaveGrid(keys);
    this.#table.find(keys, length, out);
  }

  /** The table numbers the groups as the grid did: in the order of their appearance. */
  #leaveGrid(like: readonly Vector[]): void {
    const grid = this.#grid;
    if (grid === undefined) return;
    this.#grid = undefined;
    for (let first = 0; first < grid.count; first += STEP_GROUPS) {
      const end = Math.min(grid.count, first + STEP_GROUPS);
      const keys = Array.from({ length: this.#width }, (_, axis) =>
        grid.keys(like[axis], axis, first, end),
      );
      this.#table.insert(keys, end - first, new Int32Array(end - first));
    }
  }
}
