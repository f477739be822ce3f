/** What the bench asks of each system; each has its own language and its own way in. */
import type { Answer, Kinds } from '../answers/answer.ts';
import type { DataFile, Form } from '../encode/files.ts';
import type { Table } from '../data/dataset.ts';

export type Dialect =
  | 'varve'
  | 'postgres'
  | 'timescale'
  | 'questdb'
  | 'duckdb'
  | 'clickhouse'
  | 'influx'
  | 'victoria';

export interface Timed {
  readonly milliseconds: number;
  /** Where the client counts them. */
  readonly rows?: number;
  readonly bytes?: number;
}

export interface AskOptions {
  readonly kinds: Kinds;
  /** Names of the result's columns, for systems that choose their own order. */
  readonly columns?: readonly string[];
}

export interface System {
  readonly dialect: Dialect;
  readonly title: string;
  readonly version: string;
  /** The process whose time and memory count. */
  readonly pid: number | undefined;
  /** How it takes rows, the usual form first. */
  readonly forms: readonly Form[];

  createTable(table: Table): Promise<void>;
  /**
   * Returns how many rows it has, when a query sees them: all, but where rows are sent in batches one after the
   * other and that takes more than `secondsMax`.
   */
  load(file: DataFile, workers: number, secondsMax?: number): Promise<number>;
  /** Brings what was loaded into the state in which it stays: checkpoint, statistics, merges. */
  settle(tables: readonly Table[]): Promise<void>;
  /** Bytes on disk of these tables, with their indexes. */
  storedBytes(tables: readonly Table[]): Promise<number>;

  execute(statement: string): Promise<void>;
  /** Asks and reads everything to the last byte, without decoding. */
  time(query: string): Promise<Timed>;
  answer(query: string, options: AskOptions): Promise<Answer>;
  /** Ends it and removes its directory. */
  stop(): Promise<void>;
}

/** One way to start a system: undefined, with a line said why, where it is not there. */
export interface SystemStarter {
  readonly dialect: Dialect;
  readonly title: string;
  start(options: StartOptions): Promise<System | string>;
}

export interface StartOptions {
  readonly scratch: string;
  readonly resultFormat: 'text' | 'binary';
}
