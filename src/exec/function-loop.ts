/** Joins each row with the rows that functions in FROM give for it. */
import type { FunctionLoopNode } from '../plan/physical.ts';
import { VectorBuilder } from '../vector/builder.ts';
import { LongBatch } from '../vector/long-column.ts';
import { BATCH_ROWS, valueAt, type Batch, type Vector } from '../vector/vector.ts';
import { execute } from './build.ts';
import { compileExprs, evaluateAll } from './expression.ts';
import { ROWS_PER_CHECK } from './function-scan.ts';
import { joinRows, PairFilter, PairList } from './join-pairs.ts';
import type { ExecContext, OperatorRun } from './operator.ts';
import { SideBySide } from './side-by-side.ts';

export async function* runFunctionLoop(node: FunctionLoopNode, context: ExecContext): OperatorRun {
  const args = node.right.functions.map((fn) => compileExprs(fn.args));
  const output = new JoinedRows(node, context);
  for await (const batch of execute(node.left, context)) {
    const values: Vector[][] = [];
    for (const exprs of args) values.push(await evaluateAll(exprs, batch, context));
    for (let row = 0; row < batch.length; row++) {
      const argsOfRow = values.map((vectors) => vectors.map((vector) => valueAt(vector, row)));
      const rows = new SideBySide(node.right, argsOfRow, context);
      try {
        for (let given = 0; ; given++) {
          const pause = given % ROWS_PER_CHECK === 0 ? context.checkpoint() : undefined;
          if (pause !== undefined) await pause;
          const wait = rows.next();
          if (wait !== undefined) await wait;
          if (!output.add(row, rows)) break;
          if (output.length === BATCH_ROWS) yield await output.take(batch);
        }
      } finally {
        if (rows.isOpen) await rows.close();
      }
    }
    if (output.length > 0) yield await output.take(batch);
  }
}

/** Joined rows of one batch of the left side. */
class JoinedRows {
  #builders: VectorBuilder[];
  readonly #node: FunctionLoopNode;
  readonly #context: ExecContext;
  readonly #filter: PairFilter;
  #pairs = new PairList();

  constructor(node: FunctionLoopNode, context: ExecContext) {
    this.#node = node;
    this.#context = context;
    this.#filter = new PairFilter(node.condition);
    this.#builders = this.#fresh();
  }

  get length(): number {
    return this.#pairs.length;
  }

  /** Adds the functions' next row to the left row; false after the last one. */
  add(left: number, rows: SideBySide): boolean {
    const found = rows.append(this.#builders);
    if (found) this.#pairs.push(left, this.#pairs.length);
    else this.#endRow(left, rows.count);
    return found;
  }

  #endRow(left: number, given: number): void {
    const metrics = this.#context.instrumentation?.metrics(this.#node.right);
    if (metrics !== undefined) {
      metrics.loops++;
      metrics.rows += given;
    }
    if (given > 0 || this.#node.joinType === 'inner') return;
    for (const builder of this.#builders) builder.append(null);
    this.#pairs.push(left, this.#pairs.length);
  }

  async take(batch: Batch): Promise<Batch> {
    const pairs = this.#pairs;
    const right = LongBatch.of({
      columns: this.#builders.map((builder) => builder.finish()),
      length: pairs.length,
    });
    this.#builders = this.#fresh();
    this.#pairs = new PairList();
    await this.#filter.apply(batch, right, pairs, this.#context);
    const [leftRows, rightRows] = [pairs.left, pairs.right].map((rows) =>
      rows.subarray(0, pairs.length),
    );
    return joinRows(batch, leftRows, right, rightRows);
  }

  #fresh(): VectorBuilder[] {
    return this.#node.right.columns.map((column) => new VectorBuilder(column.type));
  }
}
