/** INTERSECT and EXCEPT, with and without ALL. The right side is counted, then the left streams by. */
import type { SetOperationNode } from '../plan/physical.ts';
import { gatherBatch } from '../vector/gather.ts';
import { execute } from './build.ts';
import { KeyTable } from './key-table.ts';
import type { ExecContext, OperatorRun } from './operator.ts';
import { inPieces, MemoryBudget } from './run.ts';

/** Rows looked at between two checkpoints. */
const STEP_ROWS = 4096;

export async function* runSetOperation(node: SetOperationNode, context: ExecContext): OperatorRun {
  const width = node.columns.length;
  // Rows without columns are all equal: a constant key stands for them.
  const table = new KeyTable(Math.max(width, 1));
  const counts = new Counts();
  const budget = new MemoryBudget('SetOp', context);
  for await (const batch of inPieces(execute(node.right, context), STEP_ROWS, context)) {
    const numbers = numberRows(table, batch, budget);
    for (let row = 0; row < batch.length; row++) counts.add(numbers[row], 1);
  }
  for await (const batch of inPieces(execute(node.left, context), STEP_ROWS, context)) {
    const numbers = numberRows(table, batch, budget);
    const rows = new Int32Array(batch.length);
    let kept = 0;
    for (let row = 0; row < batch.length; row++) {
      if (takes(node, counts, numbers[row])) rows[kept++] = row;
    }
    if (kept > 0) yield gatherBatch(batch, rows.subarray(0, kept), true);
  }
}

/** Whether a left row with this number is part of the result; notes that it went by. */
function takes(node: SetOperationNode, counts: Counts, number: number): boolean {
  const right = counts.get(number);
  if (node.operation === 'intersect') {
    if (right <= 0) return false;
    counts.add(number, node.all ? -1 : -right);
    return true;
  }
  if (node.all) {
    if (right <= 0) return true;
    counts.add(number, -1);
    return false;
  }
  if (right > 0) return false;
  counts.add(number, 1);
  return true;
}

function numberRows(
  table: KeyTable,
  batch: Parameters<typeof gatherBatch>[0],
  budget: MemoryBudget,
): Int32Array {
  const numbers = new Int32Array(batch.length);
  const before = table.bytes;
  const columns =
    batch.columns.length > 0
      ? batch.columns
      : [
          {
            rep: 'bool' as const,
            type: { oid: 16, typmod: -1 },
            length: batch.length,
            data: new Uint8Array(batch.length),
            nulls: undefined,
          },
        ];
  table.insert(columns, batch.length, numbers);
  budget.add(table.bytes - before);
  return numbers;
}

/** Counts of one page. */
const PAGE_BITS = 14;
const PAGE_MASK = (1 << PAGE_BITS) - 1;

/** A count for each key number, 0 at first. */
class Counts {
  readonly #pages: Int32Array[] = [];

  get(number: number): number {
    return this.#pages[number >>> PAGE_BITS]?.[number & PAGE_MASK] ?? 0;
  }

  add(number: number, by: number): void {
    const page = number >>> PAGE_BITS;
    while (page >= this.#pages.length) this.#pages.push(new Int32Array(PAGE_MASK + 1));
    this.#pages[page][number & PAGE_MASK] += by;
  }
}
