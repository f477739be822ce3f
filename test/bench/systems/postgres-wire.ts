/** Systems that speak PostgreSQL's protocol: they differ in their DDL and in what settles them. */
import { closeSync, openSync } from 'node:fs';
import { AnswerCollector, type Answer } from '../answers/answer.ts';
import type { Table } from '../data/dataset.ts';
import type { DataFile, Form } from '../encode/files.ts';
import { RawClient, type Endpoint } from '../lib/raw-client.ts';
import type { AskOptions, Dialect, StartOptions, System, Timed } from './system.ts';

export interface WireTraits {
  readonly dialect: Dialect;
  readonly title: string;
  readonly version: string;
  readonly pid: number | undefined;
  readonly forms: readonly Form[];
  createSql(table: Table): readonly string[];
  settleSql(tables: readonly Table[]): readonly string[];
  storedBytes(tables: readonly Table[], system: WireSystem): Promise<number>;
  /** Where COPY is not the way in. */
  load?(file: DataFile): Promise<void>;
  stop(): Promise<void>;
}

export class WireSystem implements System {
  readonly dialect: Dialect;
  readonly title: string;
  readonly version: string;
  readonly pid: number | undefined;
  readonly forms: readonly Form[];
  readonly endpoint: Endpoint;
  readonly #traits: WireTraits;
  readonly #client: RawClient;
  readonly #format: 'text' | 'binary';

  private constructor(
    endpoint: Endpoint,
    traits: WireTraits,
    client: RawClient,
    options: StartOptions,
  ) {
    this.dialect = traits.dialect;
    this.title = traits.title;
    this.version = traits.version;
    this.pid = traits.pid;
    this.forms = traits.forms;
    this.endpoint = endpoint;
    this.#traits = traits;
    this.#client = client;
    this.#format = options.resultFormat;
  }

  static async connect(
    endpoint: Endpoint,
    traits: WireTraits,
    options: StartOptions,
  ): Promise<WireSystem> {
    return new WireSystem(endpoint, traits, await RawClient.connect(endpoint), options);
  }

  async createTable(table: Table): Promise<void> {
    for (const sql of this.#traits.createSql(table)) await this.execute(sql);
  }

  /** Several connections take sections in turn, each a transaction. */
  async load(file: DataFile, workers: number): Promise<number> {
    if (this.#traits.load === undefined) await this.#copy(file, workers);
    else await this.#traits.load(file);
    await this.#awaitRows(file.table.name, file.rows);
    return file.rows;
  }

  async #copy(file: DataFile, workers: number): Promise<void> {
    const handle = openSync(file.path, 'r');
    const clients = await Promise.all(
      Array.from({ length: workers }, () => RawClient.connect(this.endpoint)),
    );
    let next = 0;
    const options = file.form === 'binary' ? ' WITH (FORMAT binary)' : '';
    const sql = `COPY ${file.table.name} FROM STDIN${options}`;
    const work = async (client: RawClient): Promise<void> => {
      while (next < file.sections.length) {
        const { offset, bytes } = file.sections[next++];
        if (file.form === 'insert') await client.sendMessage(handle, offset, bytes);
        else await client.copyFrames(sql, handle, offset, bytes);
      }
    };
    try {
      await Promise.all(clients.map(work));
    } finally {
      for (const client of clients) client.close();
      closeSync(handle);
    }
  }

  /** Some systems acknowledge rows before they show them. */
  async #awaitRows(table: string, rows: number): Promise<void> {
    let found = 0;
    for (let i = 0; i < 600; i++) {
      found = Number(await this.scalar(`SELECT count(*) FROM ${table}`));
      if (found >= rows) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    if (found !== rows) throw new Error(`${this.title} has ${found} of ${rows} rows of ${table}`);
  }

  async settle(tables: readonly Table[]): Promise<void> {
    for (const sql of this.#traits.settleSql(tables)) await this.execute(sql);
  }

  storedBytes(tables: readonly Table[]): Promise<number> {
    return this.#traits.storedBytes(tables, this);
  }

  async execute(sql: string): Promise<void> {
    await this.#client.query(sql);
  }

  async scalar(sql: string): Promise<string | null> {
    let value: string | null = null;
    await this.#client.query(sql, (fields) => (value = fields[0]));
    return value;
  }

  time(query: string): Promise<Timed> {
    return this.#client.extended(query, this.#format);
  }

  async answer(query: string, { kinds }: AskOptions): Promise<Answer> {
    const collector = new AnswerCollector(kinds);
    await this.#client.query(query, (fields) => collector.add(fields));
    return collector.result();
  }

  async stop(): Promise<void> {
    this.#client.close();
    await this.#traits.stop();
  }
}
