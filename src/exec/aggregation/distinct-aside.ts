/**
 * What count(DISTINCT x) has seen of many different values: it is put aside instead of looked for, and counted at
 * the end. There is no order in which values must come, nor any use of them beside counting.
 */
import type { AggregateCall } from '../../plan/physical.ts';
import { vectorRep, type SqlType } from '../../types/type.ts';
import { gather } from '../../vector/gather.ts';
import type { Batch } from '../../vector/vector.ts';
import { inTurns, turn, type ExecContext } from '../operator.ts';
import { PAGE_ROWS, PartedKeys } from '../packed-keys/parted-keys.ts';
import { MemoryBudget, pieces } from '../run.ts';

/** Different values in a table that no near cache holds any more. */
export const MANY_VALUES = 1 << 16;
/** Texts put aside between two turns of the event loop: each gets a number. */
const STEP_TEXTS = 4096;

/** How many values of groups are different; or rows of which that is still to be found out. */
export type AsideResult =
  | { readonly groups: Int32Array; readonly count: number }
  | { readonly batches: Iterable<Batch> };

export class DistinctAside {
  readonly #types: readonly SqlType[];
  readonly #context: ExecContext;
  readonly #stepRows: number;
  #keys: PartedKeys | undefined;
  #budget: MemoryBudget | undefined;
  #isClosed = false;

  /** Undefined where a call wants more of its values than how many there are. `types` may begin with the group. */
  static of(
    { fn, args }: AggregateCall,
    types: readonly SqlType[],
    context: ExecContext,
  ): DistinctAside | undefined {
    const isCount = fn.statistics?.length === 0 && args.length === 1;
    return isCount ? new DistinctAside(types, context) : undefined;
  }

  private constructor(types: readonly SqlType[], context: ExecContext) {
    this.#types = types;
    this.#context = context;
    const hasTexts = types.some(({ oid }) => vectorRep(oid) === 'text');
    this.#stepRows = hasTexts ? STEP_TEXTS : PAGE_ROWS;
  }

  get isOpen(): boolean {
    return this.#keys !== undefined;
  }

  /** Begins with what is known; false where values of this kind are not put aside, or not any more. */
  async open(known: Iterable<Batch> | undefined): Promise<boolean> {
    if (this.#isClosed) return false;
    this.#keys = known === undefined ? undefined : PartedKeys.of(this.#types);
    const context = this.#context;
    this.#budget = new MemoryBudget('HashAggregate', context, context.hashMemoryBytes);
    if (await this.#addAll(known ?? [])) return true;
    this.#close();
    return false;
  }

  async #addAll(batches: Iterable<Batch>): Promise<boolean> {
    for (const batch of batches) if (!(await this.add(batch))) return false;
    return this.isOpen;
  }

  #close(): void {
    this.#isClosed = true;
    this.#keys?.free();
    this.#keys = undefined;
  }

  /** Puts rows aside, without those that do not count; false where there is no room for them. */
  async add(batch: Batch): Promise<boolean> {
    const keys = this.#keys;
    if (keys === undefined) return false;
    const known = knownRows(batch);
    for (const piece of pieces(known, this.#stepRows)) {
      await turn(this.#context);
      if (!(await inTurns(keys.add(piece.columns, piece.length), this.#context))) return false;
    }
    const budget = this.#budget as MemoryBudget;
    budget.add(keys.bytes - budget.used);
    return !budget.isOver;
  }

  /** All that was put aside, once there is no room for more. */
  *takeBack(): Generator<Batch, void, void> {
    const keys = this.#keys;
    if (keys === undefined) return;
    yield* keys.batches();
    this.#close();
  }

  /** What the rows are; the groups of different values, where `isGrouped`. */
  async *results(isGrouped: boolean): AsyncGenerator<AsideResult, void, void> {
    const keys = this.#keys;
    if (keys === undefined) return;
    for (const result of keys.distinct(isGrouped ? 0 : -1)) {
      if (result !== undefined) {
        yield 'batches' in result ? result : { groups: result.words, count: result.count };
      }
      await turn(this.#context);
    }
    this.#close();
  }
}

/** The rows without NULLs: these do not count. */
function knownRows(batch: Batch): Batch {
  const { columns, length } = batch;
  const masks = columns.flatMap(({ nulls }) => (nulls === undefined ? [] : [nulls]));
  if (masks.length === 0) return batch;
  const rows = new Int32Array(length);
  let count = 0;
  for (let row = 0; row < length; row++) {
    rows[count] = row;
    if (masks.every((nulls) => nulls[row] === 0)) count++;
  }
  const known = rows.subarray(0, count);
  return { columns: columns.map((column) => gather(column, known)), length: count };
}
