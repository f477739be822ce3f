/** Drops the oldest chunks of both hypertables as time goes on, in one transaction. */
import { timeText } from './reading.ts';
import { CHUNK_MS, RETAINED_MS, START_MS } from './settings.ts';
import { codeOf, type SoakSession } from './soak-session.ts';
import type { Statistics } from './statistics.ts';
import type { WriterModel } from './writer-model.ts';

const DEADLOCK = '40P01';

export class Retention {
  readonly #models: readonly WriterModel[];
  readonly #statistics: Statistics;
  #dropped = 0;

  constructor(models: readonly WriterModel[], statistics: Statistics) {
    this.#models = models;
    this.#statistics = statistics;
  }

  /** Behind every writer's front by what is retained, so nobody writes there any more. */
  #border(): number {
    const slowest = Math.min(...this.#models.map(({ front }) => front));
    return Math.floor((slowest - RETAINED_MS) / CHUNK_MS) * CHUNK_MS;
  }

  isDue(): boolean {
    return this.#border() > Math.max(this.#dropped, START_MS);
  }

  /** Happens once or twice to the same effect: after a deadlock or a crash it is simply done again. */
  async run(session: SoakSession): Promise<void> {
    try {
      await this.#drop(session);
    } catch (error) {
      if (codeOf(error) !== DEADLOCK) throw error;
      await session.query('ROLLBACK');
      this.#statistics.rollbacks++;
    }
  }

  async #drop(session: SoakSession): Promise<void> {
    const border = this.#border();
    const time = timeText(border);
    await session.query('BEGIN');
    const [count] = await session.row(`SELECT count(*) FROM readings WHERE time < '${time}'`);
    for (const table of ['readings', 'events']) {
      await session.query(`SELECT drop_chunks('${table}', older_than => timestamptz '${time}')`);
    }
    await session.query('UPDATE totals SET n = n - $1 WHERE writer = -1', [count ?? 0]);
    await session.query('COMMIT');
    for (const model of this.#models) model.dropBefore(border);
    this.#dropped = border;
    this.#statistics.rowsDropped += Number(count);
    this.#statistics.check('chunks dropped');
  }
}
