/** DuckDB and ClickHouse: libraries in a child process, loaded from CSV files. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Answer } from '../answers/answer.ts';
import type { Table } from '../data/dataset.ts';
import type { DataFile } from '../encode/files.ts';
import { endChild, removeDirectory } from './child.ts';
import { clickHouseType, createClickHouse, createSql, sqlColumns } from './columns.ts';
import type { Reply, Request } from './engine.ts';
import type { AskOptions, Dialect, System, SystemStarter, Timed } from './system.ts';

interface Traits {
  readonly dialect: Dialect;
  readonly title: string;
  createSql(table: Table): string;
  loadSql(file: DataFile): string;
  settleSql(tables: readonly Table[]): readonly string[];
  storedBytes(tables: readonly Table[], directory: string, system: LibrarySystem): Promise<number>;
}

class LibrarySystem implements System {
  readonly dialect: Dialect;
  readonly title: string;
  readonly version: string;
  readonly pid: number;
  readonly forms = ['csv'] as const;
  readonly #child: ChildProcess;
  readonly #directory: string;
  readonly #traits: Traits;

  constructor(child: ChildProcess, directory: string, version: string, traits: Traits) {
    this.dialect = traits.dialect;
    this.title = traits.title;
    this.version = version;
    this.pid = child.pid as number;
    this.#child = child;
    this.#directory = directory;
    this.#traits = traits;
  }

  async createTable(table: Table): Promise<void> {
    await this.execute(this.#traits.createSql(table));
  }

  async load(file: DataFile): Promise<number> {
    await this.execute(this.#traits.loadSql(file));
    const found = Number(await this.scalar(`SELECT count(*) FROM ${file.table.name}`));
    if (found !== file.rows) throw new Error(`${this.title} has ${found} of ${file.rows} rows`);
    return found;
  }

  async settle(tables: readonly Table[]): Promise<void> {
    for (const sql of this.#traits.settleSql(tables)) await this.execute(sql);
  }

  storedBytes(tables: readonly Table[]): Promise<number> {
    return this.#traits.storedBytes(tables, this.#directory, this);
  }

  async execute(sql: string): Promise<void> {
    await this.#ask({ op: 'execute', sql });
  }

  async time(sql: string): Promise<Timed> {
    return (await this.#ask({ op: 'time', sql })) as Timed;
  }

  async answer(sql: string, { kinds }: AskOptions): Promise<Answer> {
    return (await this.#ask({ op: 'answer', sql, kinds })) as Answer;
  }

  async scalar(sql: string): Promise<string> {
    return (await this.#ask({ op: 'scalar', sql })) as string;
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'exit');
    await Promise.race([this.#ask({ op: 'close' }), ended]).catch(() => undefined);
    await endChild(this.#child, 'SIGTERM');
    removeDirectory(this.#directory);
  }

  async #ask(request: Request): Promise<unknown> {
    const answer = nextReply(this.#child);
    this.#child.send(request);
    return answer;
  }
}

function nextReply(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null, signal: string | null): void => {
      child.off('message', onMessage);
      reject(new Error(`the process ended (${signal ?? code})`));
    };
    const onMessage = (reply: Reply): void => {
      child.off('exit', onExit);
      if (reply.ok) resolve(reply.result);
      else reject(new Error(reply.error));
    };
    child.once('exit', onExit);
    child.once('message', onMessage);
  });
}

function starter(traits: Traits): SystemStarter {
  return {
    dialect: traits.dialect,
    title: traits.title,
    start: async ({ scratch }) => {
      const directory = mkdtempSync(join(scratch, `${traits.dialect}-`));
      // The bundle lies in test/bench, beside the packages that only the bench has.
      const worker = join(process.cwd(), 'test/bench/worker.bundle.mjs');
      const child = fork(worker, [traits.dialect, directory], { serialization: 'advanced' });
      try {
        const version = (await nextReply(child)) as string;
        return new LibrarySystem(child, directory, version, traits);
      } catch (error) {
        await endChild(child, 'SIGTERM');
        removeDirectory(directory);
        return `${traits.title} does not load: ${(error as Error).message.split('\n', 1)[0]}`;
      }
    },
  };
}

export const duckdb = starter({
  dialect: 'duckdb',
  title: 'DuckDB',
  createSql: (table) => createSql(table, 'duckdb'),
  loadSql: ({ path, table }) =>
    `COPY ${table.name} FROM '${path}' (FORMAT csv, HEADER false, DELIMITER ',', QUOTE '"', ESCAPE '"', NULLSTR '', ALLOW_QUOTED_NULLS false, AUTO_DETECT false)`,
  settleSql: () => ['CHECKPOINT'],
  storedBytes: async (_tables, directory) => statSync(join(directory, 'bench.duckdb')).size,
});

export const clickhouse = starter({
  dialect: 'clickhouse',
  title: 'ClickHouse',
  createSql: createClickHouse,
  loadSql: ({ path, table }) => {
    const structure = sqlColumns(table).map((column) => `${column.name} ${clickHouseType(column)}`);
    return `INSERT INTO ${table.name} SELECT * FROM file('${path}', 'CSV', '${structure.join(', ').replaceAll("'", "\\'")}')`;
  },
  settleSql: (tables) => tables.map(({ name }) => `OPTIMIZE TABLE ${name} FINAL`),
  storedBytes: async (_tables, _directory, system) =>
    Number(
      await system.scalar(
        'SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = currentDatabase()',
      ),
    ),
});
