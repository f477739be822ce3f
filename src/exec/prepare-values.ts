/** Large values before storage writes them: what it writes is made in steps. */
import { tryCodecFor } from '../types/codecs.ts';
import { isHeavy } from '../types/large-value.ts';
import { valueAt, type Batch, type Vector } from '../vector/vector.ts';
import { inTurns, type ExecContext } from './operator.ts';

type Turns = Pick<ExecContext, 'checkpoint'>;

/** undefined where there is nothing to wait for, as in most batches. */
export function prepareValues(
  { columns, length }: Batch,
  context: Turns,
): Promise<void> | undefined {
  const heavy = columns.filter(
    (column) =>
      column.rep === 'any' &&
      tryCodecFor(column.type.oid)?.prepareSteps !== undefined &&
      nextHeavy(column, 0, length) >= 0,
  );
  return heavy.length === 0 ? undefined : prepareAll(heavy, length, context);
}

async function prepareAll(
  columns: readonly Vector[],
  length: number,
  context: Turns,
): Promise<void> {
  for (const column of columns) {
    const codec = tryCodecFor(column.type.oid);
    for (
      let row = nextHeavy(column, 0, length);
      row >= 0;
      row = nextHeavy(column, row + 1, length)
    ) {
      const steps = codec?.prepareSteps?.(valueAt(column, row)!);
      if (steps !== undefined) await inTurns(steps, context);
    }
  }
}

/** The next row with a large value; -1 where there is none. */
function nextHeavy(column: Vector, from: number, length: number): number {
  for (let row = from; row < length; row++) if (isHeavy(valueAt(column, row))) return row;
  return -1;
}
