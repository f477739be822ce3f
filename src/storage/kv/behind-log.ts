/**
 * A store that never gets ahead of the commit log: before it is written, everything that is in the log
 * is made durable. Commits that were acknowledged without waiting for that are lost in a crash from the
 * end only, and never while something later survives.
 */
import type { KvStore } from './kv.ts';

/** The same store; its writes wait for `flushLog`. */
export function behindLog(kv: KvStore, flushLog: () => Promise<void>): KvStore {
  return {
    get: (key) => kv.get(key),
    getMany: (keys) => kv.getMany(keys),
    batch: () => kv.batch(),
    async write(operations, sync) {
      await flushLog();
      await kv.write(operations, sync);
    },
    scan: (range) => kv.scan(range),
    deleteRange: (from, to) => kv.deleteRange(from, to),
    approximateSize: (from, to) => kv.approximateSize(from, to),
    mark: () => kv.mark(),
    moveToTables: (written) => kv.moveToTables(written),
    reclaim: (from, to) => kv.reclaim(from, to),
    close: () => kv.close(),
  };
}
