/** The commit log of a database that lives in memory: sequences without storage. */
import { InternalError } from '../../errors/db-error.ts';
import type { CommitLog, LogEntry, LogPart, RangeId, Sequence } from './commit-log.ts';

/** Numbers entries and forgets them at once: nothing is ever recovered from memory. */
export class MemoryLog implements CommitLog {
  readonly #heads = new Map<RangeId, Sequence>();

  append(parts: readonly LogPart[]): Promise<readonly Sequence[]> {
    return Promise.resolve(
      parts.map(({ range }) => {
        const head = this.#heads.get(range);
        if (head === undefined) throw new InternalError(`the log has no range ${range}`);
        this.#heads.set(range, head + 1);
        return head + 1;
      }),
    );
  }

  async *tail(range: RangeId, from: Sequence): AsyncIterable<LogEntry> {
    if (from <= (this.#heads.get(range) ?? 0)) {
      throw new InternalError('a log in memory keeps no entries');
    }
  }

  heads(ranges: readonly RangeId[]): Promise<readonly Sequence[]> {
    return Promise.resolve(ranges.map((range) => this.#heads.get(range) ?? 0));
  }

  trim(): Promise<void> {
    return Promise.resolve();
  }

  create(range: RangeId): Promise<void> {
    if (!this.#heads.has(range)) this.#heads.set(range, 0);
    return Promise.resolve();
  }

  drop(range: RangeId): Promise<void> {
    this.#heads.delete(range);
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
