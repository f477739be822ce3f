/** A condition over columns that are the same in all rows of a run: decided once a run. */
import { kernels } from '../../kernels/kernels.ts';
import { stretchAt } from '../../base/lower-bound.ts';
import type { Expr } from '../../plan/expr.ts';
import type { Batch } from '../../vector/vector.ts';
import { truthAt } from '../expr/evaluator.ts';
import { narrow } from '../expr/narrow.ts';
import { evaluatorOf } from '../expression.ts';
import type { ExecContext } from '../operator.ts';

export class RunTruth {
  readonly #expr: Expr;
  readonly #used: readonly number[];
  readonly #context: ExecContext;
  #starts: Int32Array = new Int32Array(0);
  /** 0 false, 1 true, 2 NULL. */
  #truth = new Uint8Array(0);
  #length = 0;

  constructor(expr: Expr, used: readonly number[], context: ExecContext) {
    this.#expr = expr;
    this.#used = used;
    this.#context = context;
  }

  /** Decides the runs of a batch; false where its columns may change within them. */
  attach(batch: Batch): boolean {
    const used = this.#used;
    const { runs } = batch;
    if (runs === undefined || !used.every((column) => runs.constantColumns.includes(column))) {
      return false;
    }
    const { starts } = runs;
    const { now } = evaluatorOf(this.#expr);
    if (now === undefined) return false;
    const truth = now(narrow(batch, starts, used), this.#context);
    this.#truth = new Uint8Array(starts.length);
    for (let i = 0; i < starts.length; i++) this.#truth[i] = truthAt(truth, i);
    this.#starts = starts;
    this.#length = batch.length;
    return true;
  }

  /** Truth where the condition is `wanted` (0 or 1), for rows [from, from + count). */
  fill(register: number, from: number, count: number, wanted: number): void {
    const starts = this.#starts;
    const end = from + count;
    let run = stretchAt(starts, from);
    for (let row = from; row < end; run++) {
      const border = run + 1 < starts.length ? starts[run + 1] : this.#length;
      const stop = Math.min(end, border);
      const value = this.#truth[run] === wanted ? -1 : 0;
      kernels.fillRows(register, row - from, stop - from, value);
      row = stop;
    }
  }
}
