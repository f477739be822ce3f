/** Rows and summaries on disk whose groups had no room in memory, partitioned by group. */
import type { SqlType } from '../../types/type.ts';
import type { Batch, Vector } from '../../vector/vector.ts';
import type { ExecContext } from '../operator.ts';
import { Partitions } from '../spill/partitions.ts';
import { summaryTypes } from './summary-rows.ts';
import type { SummaryPlan } from './summary-plan.ts';

/** All that belongs to some of the groups. */
export interface SpilledPart {
  readonly rows: AsyncIterable<Batch>;
  readonly summaries: AsyncIterable<Batch>;
}

export class SpilledGroups {
  readonly #level: number;
  readonly #context: ExecContext;
  #rows: Partitions | undefined;
  #summaries: Partitions | undefined;

  constructor(level: number, context: ExecContext) {
    this.#level = level;
    this.#context = context;
  }

  get isEmpty(): boolean {
    return this.#rows === undefined && this.#summaries === undefined;
  }

  get bytes(): number {
    return (this.#rows?.file.bytes ?? 0) + (this.#summaries?.file.bytes ?? 0);
  }

  async addRows(types: readonly SqlType[], batch: Batch, keys: readonly Vector[]): Promise<void> {
    this.#rows ??= await Partitions.create(types, this.#level, this.#context);
    await this.#rows.add(batch, keys);
  }

  async addSummaries(plan: SummaryPlan, batch: Batch, keys: readonly Vector[]): Promise<void> {
    this.#summaries ??= await Partitions.create(summaryTypes(plan), this.#level, this.#context);
    await this.#summaries.add(batch, keys);
  }

  /** After all input: what was kept, a partition at a time. */
  async *parts(): AsyncGenerator<SpilledPart, void, void> {
    const rows = this.#rows;
    const summaries = this.#summaries;
    await rows?.finish();
    await summaries?.finish();
    const count = rows?.runs.length ?? summaries?.runs.length ?? 0;
    for (let i = 0; i < count; i++) {
      const part = { rows: batchesOf(rows, i), summaries: batchesOf(summaries, i) };
      if (rowsOf(rows, i) + rowsOf(summaries, i) > 0) yield part;
    }
  }

  async close(): Promise<void> {
    await this.#rows?.close();
    await this.#summaries?.close();
  }
}

function rowsOf(partitions: Partitions | undefined, i: number): number {
  return partitions?.runs[i].rows ?? 0;
}

async function* batchesOf(partitions: Partitions | undefined, i: number): AsyncIterable<Batch> {
  if (partitions !== undefined) yield* partitions.file.batches(partitions.runs[i]);
}
