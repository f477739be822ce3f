/** The rows of a CTE: its plan runs once, as far as they are read, and all scans share them. */
import type { Batch } from '../vector/vector.ts';
import type { PhysicalNode } from '../plan/physical.ts';
import { batchBytes } from '../vector/concat.ts';
import { execute } from './build.ts';
import type { ExecContext, OperatorRun } from './operator.ts';
import { MemoryBudget } from './run.ts';

export class CteRows {
  readonly #run: OperatorRun;
  readonly #budget: MemoryBudget;
  readonly #batches: Batch[] = [];
  #done = false;

  constructor(plan: PhysicalNode, context: ExecContext) {
    this.#run = execute(plan, context);
    this.#budget = new MemoryBudget('CTE Scan', context);
  }

  /** The i-th batch with rows, or undefined after the last. */
  async batch(i: number): Promise<Batch | undefined> {
    while (i >= this.#batches.length && !this.#done) {
      const step = await this.#run.next();
      if (step.done === true) this.#done = true;
      else if (step.value.length > 0) {
        this.#budget.add(batchBytes(step.value));
        this.#batches.push(step.value);
      }
    }
    return this.#batches[i];
  }

  /** Runs the plan to its end. */
  async fill(): Promise<void> {
    await this.batch(Infinity);
  }

  async close(): Promise<void> {
    await this.#run.return();
  }
}
