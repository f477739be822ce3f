/** One statement that changes something, and what it does to the model. */
import type { SoakSession } from './soak-session.ts';
import type { WriterModel } from './writer-model.ts';

export interface Change {
  readonly name: string;
  /** Returns the rows that the command tag counts. */
  run(session: SoakSession): Promise<number>;
  /** Returns the rows that the command tag has to count. */
  apply(model: WriterModel): number;
  /** What a counted row is to `totals`. */
  readonly sign: 1 | -1 | 0;
}
