/** Sorted rows in stretches: the partitions of a window, and the peers in them. */
import { stretches, type ExecContext } from './operator.ts';

type Checkpoint = Pick<ExecContext, 'checkpoint'>;

/** Rows looked at between two checkpoints. */
const STEP_ROWS = 131_072;

export class RowGroups {
  readonly length: number;
  /** Number of each row's group. */
  readonly groupOf: Int32Array;
  /** First row of each group, and the number of all rows at the end. */
  readonly starts: Int32Array;

  private constructor(groupOf: Int32Array, starts: Int32Array) {
    this.length = groupOf.length;
    this.groupOf = groupOf;
    this.starts = starts;
  }

  /** Groups that begin where `borders` has 1; row 0 always begins one. */
  static async of(borders: Uint8Array, context: Checkpoint): Promise<RowGroups> {
    const { length } = borders;
    const groupOf = new Int32Array(length);
    const starts = new Int32Array(length + 1);
    let groups = 0;
    await stretches(length, STEP_ROWS, context, (start, end) => {
      for (let row = start; row < end; row++) {
        if (row === 0 || borders[row] === 1) starts[groups++] = row;
        groupOf[row] = groups - 1;
      }
    });
    starts[groups] = length;
    return new RowGroups(groupOf, starts.slice(0, groups + 1));
  }

  get groups(): number {
    return this.starts.length - 1;
  }

  start(row: number): number {
    return this.starts[this.groupOf[row]];
  }

  end(row: number): number {
    return this.starts[this.groupOf[row] + 1];
  }
}

/** Marks with 1 the rows whose lane differs from that of the row before; `order` undefined for rows as they lie. */
export async function markBorders(
  borders: Uint8Array,
  lane: Float64Array,
  order: Int32Array | undefined,
  context: Checkpoint,
): Promise<void> {
  await stretches(borders.length, STEP_ROWS, context, (start, end) => {
    const first = Math.max(1, start);
    if (order === undefined) {
      for (let row = first; row < end; row++) if (lane[row] !== lane[row - 1]) borders[row] = 1;
      return;
    }
    for (let row = first; row < end; row++) {
      if (lane[order[row]] !== lane[order[row - 1]]) borders[row] = 1;
    }
  });
}
