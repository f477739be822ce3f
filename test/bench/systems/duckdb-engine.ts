/** DuckDB inside this process, with two threads and its file on disk. */
import { join } from 'node:path';
import { AnswerCollector } from '../answers/answer.ts';
import type { Engine } from './engine.ts';

/** The part of @duckdb/node-api that is used; the package is installed for the bench alone. */
interface DuckDbModule {
  readonly version: () => string;
  readonly DuckDBInstance: {
    create(
      path: string,
      options: Record<string, string>,
    ): Promise<{ connect(): Promise<Connection>; closeSync(): void }>;
  };
}

interface Connection {
  run(sql: string): Promise<Materialized>;
  stream(sql: string): Promise<{ yieldRowsJson(): AsyncIterable<readonly unknown[][]> }>;
  closeSync(): void;
}

interface Materialized {
  readonly chunkCount: number;
  getChunk(index: number): { readonly rowCount: number };
  getRowsJson(): Promise<unknown[][]>;
}

/** Extensions would be fetched from the network. */
const OPTIONS = {
  threads: '2',
  autoinstall_known_extensions: 'false',
  autoload_known_extensions: 'false',
};

export async function openDuckDb(directory: string): Promise<Engine> {
  const packageName = '@duckdb/node-api';
  const module = (await import(packageName)) as DuckDbModule;
  const file = join(directory, 'bench.duckdb');
  const instance = await module.DuckDBInstance.create(file, OPTIONS);
  const connection = await instance.connect();
  return {
    version: `DuckDB ${module.version()}`,
    execute: async (sql) => void (await connection.run(sql)),
    time: async (sql) => {
      const start = performance.now();
      const result = await connection.run(sql);
      let rows = 0;
      for (let i = 0; i < result.chunkCount; i++) rows += result.getChunk(i).rowCount;
      return { milliseconds: performance.now() - start, rows };
    },
    answer: async (sql, kinds) => {
      const collector = new AnswerCollector(kinds);
      const result = await connection.stream(sql);
      for await (const rows of result.yieldRowsJson()) for (const row of rows) collector.add(row);
      return collector.result();
    },
    scalar: async (sql) => String((await (await connection.run(sql)).getRowsJson())[0]?.[0]),
    close: async () => {
      connection.closeSync();
      instance.closeSync();
    },
  };
}
