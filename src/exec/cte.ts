/** The rows of a CTE: its plan runs once, as far as they are read, and all scans share them. */
import type { Batch } from '../vector/vector.ts';
import type { PhysicalNode } from '../plan/physical.ts';
import { execute } from './build.ts';
import type { ExecContext, OperatorRun } from './operator.ts';
import { columnTypes } from './run.ts';
import { KeptRows } from './spill/kept-rows.ts';

export class CteRows {
  readonly #run: OperatorRun;
  readonly #rows: KeptRows;
  #done = false;

  constructor(plan: PhysicalNode, context: ExecContext) {
    this.#run = execute(plan, context);
    this.#rows = new KeptRows('CTE Scan', columnTypes(plan), context);
  }

  /** The i-th batch with rows, or undefined after the last. */
  async batch(i: number): Promise<Batch | undefined> {
    while (i >= this.#rows.length && !this.#done) {
      const step = await this.#run.next();
      if (step.done === true) this.#done = true;
      else await this.#rows.append(step.value);
    }
    return i < this.#rows.length ? await this.#rows.at(i) : undefined;
  }

  /** Runs the plan to its end. */
  async fill(): Promise<void> {
    await this.batch(Infinity);
  }

  async close(): Promise<void> {
    await this.#run.return();
    await this.#rows.close();
  }
}
