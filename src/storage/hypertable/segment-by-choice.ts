/** Which columns make a series in a chunk's next segment, remembered for as long as that may hold. */
import type { CatalogSnapshot, TableDescriptor } from '../../catalog/catalog.ts';
import type { HeadBuffer } from './head.ts';
import { chooseSteps, declaredSegmentBy, type ColumnSteps } from './segment-by.ts';
import type { ChunkState } from './state.ts';

export class SegmentByChoice {
  readonly #catalog: () => CatalogSnapshot;
  /** Columns that were chosen by looking at a head. */
  readonly #chosen = new WeakMap<HeadBuffer, { rows: number; segmentBy: readonly number[] }>();

  constructor(catalog: () => CatalogSnapshot) {
    this.#catalog = catalog;
  }

  /** Of a chunk's next segment, in steps. */
  *headSteps(table: TableDescriptor, chunk: ChunkState): Generator<void, readonly number[]> {
    const { head } = chunk;
    const known = head === undefined ? undefined : this.#chosen.get(head.buffer);
    // What was chosen for a head holds until it has grown by a quarter.
    const isCurrent = known !== undefined && (head?.rows ?? 0) < known.rows * 1.25;
    const chosen = yield* this.segmentSteps(
      table,
      chunk,
      function* (attnum, rows) {
        return head?.buffer.columns.get(attnum)?.slice(0, Math.min(rows, head.rows));
      },
      head?.rows ?? 0,
      isCurrent ? known.segmentBy : undefined,
    );
    if (head !== undefined && !isCurrent) {
      this.#chosen.set(head.buffer, { rows: head.rows, segmentBy: chosen });
    }
    return chosen;
  }

  /** The same where the rows are others than a head's; `known` are columns that still hold. */
  *segmentSteps(
    table: TableDescriptor,
    chunk: ChunkState | undefined,
    columnOf: ColumnSteps,
    rows: number,
    known?: readonly number[],
  ): Generator<void, readonly number[]> {
    const indexes = this.#catalog().indexesOf(table.oid);
    const declared = declaredSegmentBy(table, indexes);
    if (declared !== undefined) return declared;
    const chosen = chunk?.segments[chunk.segments.length - 1]?.segment.segmentBy;
    return chosen ?? known ?? (yield* chooseSteps(table, columnOf, rows));
  }
}
