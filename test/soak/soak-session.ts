/** One connection, whose statements and errors are counted and whose statements may not hang. */
import { connect } from 'node:net';
import pg from 'pg';
import { CopyIn, CopyOut } from './copy-protocol.ts';
import { parseTime } from './reading.ts';
import { STATEMENT_MS } from './settings.ts';
import type { Statistics } from './statistics.ts';

export type Field = string | number | null;
export type Row = Field[];

export interface Answer {
  readonly rows: Row[];
  /** Rows that the command tag counts. */
  readonly count: number;
}

const INT8 = 20;
const NUMERIC = 1700;
const FLOAT8 = 701;
const INT4 = 23;
const TIMESTAMPTZ = 1184;

function parserOf(type: number): (text: string) => Field {
  if (type === TIMESTAMPTZ) return parseTime;
  if ([INT4, INT8, NUMERIC, FLOAT8].includes(type)) return Number;
  return (text) => text;
}

/** Not declared, and needed to cancel. */
interface Key {
  readonly processID: number;
  readonly secretKey: number;
  readonly connection: { readonly stream: { destroy(): void } };
}

export class SoakSession {
  readonly #client: pg.Client;
  readonly #port: number;
  readonly #statistics: Statistics;

  private constructor(client: pg.Client, port: number, statistics: Statistics) {
    this.#client = client;
    this.#port = port;
    this.#statistics = statistics;
  }

  static async connect(port: number, statistics: Statistics): Promise<SoakSession> {
    const client = new pg.Client({
      host: '127.0.0.1',
      port,
      user: 'postgres',
      database: 'postgres',
      connectionTimeoutMillis: STATEMENT_MS,
      types: { getTypeParser: parserOf as typeof pg.types.getTypeParser },
    });
    // Losses show up in the statements that meet them.
    client.on('error', () => {});
    await client.connect();
    statistics.connections++;
    const session = new SoakSession(client, port, statistics);
    await session.query("SET timezone = 'UTC'");
    return session;
  }

  async query(text: string, values?: readonly Field[], name?: string): Promise<Answer> {
    const config = { text, rowMode: 'array' as const };
    const { rows, rowCount } = await this.#watched(
      text,
      this.#client.query<Row>(
        name === undefined ? config : { ...config, name },
        values === undefined ? undefined : [...values],
      ),
    );
    return { rows, count: rowCount ?? 0 };
  }

  /** The first row. */
  async row(text: string, values?: readonly Field[], name?: string): Promise<Row> {
    const { rows } = await this.query(text, values, name);
    if (rows[0] === undefined) throw new Error(`no row: ${text}`);
    return rows[0];
  }

  copyIn(text: string, bytes: Buffer, finish = true): Promise<number> {
    const rows = new Promise<number>((resolve, reject) => {
      this.#client.query(
        new CopyIn(text, bytes, finish, (error, count) => (error ? reject(error) : resolve(count))),
      );
    });
    return this.#watched(text, rows);
  }

  copyOut(text: string, onBytes: (bytes: Buffer) => void): Promise<number> {
    const rows = new Promise<number>((resolve, reject) => {
      this.#client.query(
        new CopyOut(text, onBytes, (error, count) => (error ? reject(error) : resolve(count))),
      );
    });
    return this.#watched(text, rows);
  }

  /** Asks the server to cancel what this session is running. */
  cancel(): Promise<void> {
    const { processID, secretKey } = this.#client as unknown as Key;
    const request = Buffer.alloc(16);
    request.writeInt32BE(16, 0);
    request.writeInt32BE(80877102, 4);
    request.writeInt32BE(processID, 8);
    request.writeInt32BE(secretKey, 12);
    return new Promise((resolve) => {
      const socket = connect(this.#port, '127.0.0.1', () => socket.end(request));
      socket.on('error', () => {});
      socket.on('close', () => resolve());
      socket.resume();
    });
  }

  async end(): Promise<void> {
    await this.#client.end();
  }

  /** Hangs up without a word. */
  destroy(): void {
    (this.#client as unknown as Key).connection.stream.destroy();
  }

  async #watched<T>(text: string, running: Promise<T>): Promise<T> {
    this.#statistics.statements++;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const message = `no answer in ${STATEMENT_MS} ms: ${text.slice(0, 200)}`;
      timer = setTimeout(() => reject(new Error(message)), STATEMENT_MS);
    });
    try {
      return await Promise.race([running, late]);
    } catch (error) {
      const code = codeOf(error);
      if (code !== undefined) this.#statistics.error(code);
      // The statement says more than the stack.
      (error as Error).message += ` [${text.slice(0, 300)}]`;
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** The SQLSTATE where it is an error of the server's. */
export function codeOf(error: unknown): string | undefined {
  const { code, severity } = (error ?? {}) as { code?: string; severity?: string };
  return severity === undefined ? undefined : code;
}

export function isConnectionLoss(error: unknown): boolean {
  const { code, message } = error as { code?: string; message: string };
  return (
    ['ECONNRESET', 'EPIPE', 'ECONNREFUSED', '57P01', '57P03'].includes(String(code)) ||
    /Connection terminated|not queryable|Client was closed|server is stopped/i.test(message)
  );
}
