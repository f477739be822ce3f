/**
 * `open`: the engine as an object. Queries run in one session, one after another, as on one connection;
 * `listen` lets others in over the PostgreSQL protocol at the same time.
 */
import type { Clock, Env } from '../base/env.ts';
import { dbError } from '../errors/db-error.ts';
import { openEngine } from '../engine/engine.ts';
import type {
  Engine,
  FieldDescription,
  ParameterInput,
  ResultSink,
  Session,
} from '../engine/session.ts';
import { createNodeEnv } from '../platform/node-env.ts';
import { systemSqlPath } from '../platform/package-path.ts';
import { codecFor } from '../types/codecs.ts';
import { OID, type Oid } from '../types/type.ts';
import type { FormatSettings } from '../types/codec.ts';
import type { Value } from '../types/value.ts';
import { valueAt, type Batch } from '../vector/vector.ts';
import { startServer, type RunningServer } from './server.ts';

export interface OpenOptions {
  /** Directory for all data; created where it is missing. */
  readonly path?: string;
  /** True keeps everything in memory. Give either this or `path`. */
  readonly memory?: boolean;
  /** Replaces the wall clock, for tests. */
  readonly clock?: Clock;
  /** Bytes of decoded columns kept for reuse. */
  readonly cacheBytes?: number;
}

/** What a parameter may be; anything else is converted with String(). */
export type Parameter =
  | null
  | undefined
  | boolean
  | number
  | bigint
  | string
  | Date
  | Uint8Array
  | readonly Parameter[];

export interface QueryResult {
  /** One object per row, by column name. */
  readonly rows: Record<string, unknown>[];
  readonly fields: readonly { readonly name: string; readonly typeOid: Oid }[];
  /** Command tag: `SELECT 3`, `INSERT 0 1`. */
  readonly command: string;
}

export interface EmbeddedDatabase {
  /**
   * Runs one statement with $1, $2 ... or, without parameters, several separated by semicolons (the
   * last one's rows are returned). Throws DbError with `code` set to the SQLSTATE.
   */
  query(sql: string, parameters?: readonly Parameter[]): Promise<QueryResult>;
  /** Accepts PostgreSQL connections on loopback; port 0 picks a free one. */
  listen(options?: {
    readonly port?: number;
    readonly host?: string;
  }): Promise<{ readonly port: number }>;
  /** Ends the listener and sessions, and closes storage. */
  close(): Promise<void>;
}

/** Opens a database in this process. */
export async function open(options: OpenOptions): Promise<EmbeddedDatabase> {
  if ((options.path === undefined) === (options.memory !== true)) {
    throw dbError('invalid_parameter_value', 'open() needs either path or memory: true');
  }
  const base = createNodeEnv();
  const env: Env = options.clock === undefined ? base : { ...base, clock: options.clock };
  const engine = await openEngine({
    env,
    path: options.path,
    systemSqlPath: systemSqlPath(),
    cacheBytes: options.cacheBytes,
  });
  const session = await engine.createSession({
    user: 'postgres',
    database: 'postgres',
    settings: [],
    clientAddress: null,
    clientPort: null,
  });
  return new Embedded(engine, session, env);
}

class Embedded implements EmbeddedDatabase {
  readonly #engine: Engine;
  readonly #session: Session;
  readonly #env: Env;
  #server: RunningServer | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(engine: Engine, session: Session, env: Env) {
    this.#engine = engine;
    this.#session = session;
    this.#env = env;
  }

  query(sql: string, parameters?: readonly Parameter[]): Promise<QueryResult> {
    const run = this.#queue.then(() => this.#run(sql, parameters));
    this.#queue = run.catch(() => undefined);
    return run;
  }

  async listen(
    options: { readonly port?: number; readonly host?: string } = {},
  ): Promise<{ readonly port: number }> {
    if (this.#server !== undefined)
      throw dbError('object_in_use', 'the database is listening already');
    this.#server = await startServer({
      engine: this.#engine,
      env: this.#env,
      listen: options.host ?? '127.0.0.1',
      port: options.port ?? 0,
    });
    return { port: this.#server.port };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#queue;
    await this.#server?.close();
    await this.#session.close();
    await this.#engine.close();
  }

  async #run(sql: string, parameters: readonly Parameter[] | undefined): Promise<QueryResult> {
    if (this.#closed) throw dbError('connection_does_not_exist', 'the database is closed');
    const sink = new CollectingSink(() => this.#session.format);
    if (parameters === undefined) {
      await this.#session.simpleQuery(sql, sink);
      return sink.result();
    }
    try {
      await this.#session.parse('', sql, []);
      await this.#session.bind('', '', parameters.map(encodeParameter), []);
      const description = await this.#session.describePortal('');
      sink.fields = description?.fields ?? [];
      await this.#session.execute('', 0, sink);
    } finally {
      await this.#session.sync(sink);
    }
    return sink.result();
  }
}

const ENCODER = new TextEncoder();

function encodeParameter(parameter: Parameter): ParameterInput {
  if (parameter === null || parameter === undefined) return { format: 0, bytes: null };
  return { format: 0, bytes: ENCODER.encode(parameterText(parameter)) };
}

function parameterText(parameter: NonNullable<Parameter>): string {
  if (parameter instanceof Date) return parameter.toISOString();
  if (parameter instanceof Uint8Array) return `\\x${Buffer.from(parameter).toString('hex')}`;
  if (Array.isArray(parameter)) return arrayText(parameter as readonly Parameter[]);
  return String(parameter);
}

function arrayText(values: readonly Parameter[]): string {
  const items = values.map((value) => {
    if (value === null || value === undefined) return 'NULL';
    if (Array.isArray(value)) return arrayText(value as readonly Parameter[]);
    return `"${parameterText(value).replace(/["\\]/g, '\\$&')}"`;
  });
  return `{${items.join(',')}}`;
}

/** Numbers, booleans, texts, bytes and dates come as such; everything else in its text form. */
class CollectingSink implements ResultSink {
  fields: readonly FieldDescription[] = [];
  readonly #format: () => FormatSettings;
  #rows: Record<string, unknown>[] = [];
  #command = '';

  constructor(format: () => FormatSettings) {
    this.#format = format;
  }

  result(): QueryResult {
    const fields = this.fields.map((field) => ({ name: field.name, typeOid: field.type.oid }));
    return { rows: this.#rows, fields, command: this.#command };
  }

  rowDescription(fields: readonly FieldDescription[]): void {
    this.fields = fields;
    this.#rows = [];
  }

  rows(batch: Batch): void {
    const format = this.#format();
    for (let i = 0; i < batch.length; i++) {
      const row: [string, unknown][] = this.fields.map((field, c) => [
        field.name,
        toPlain(field.type.oid, valueAt(batch.columns[c] as Batch['columns'][number], i), format),
      ]);
      this.#rows.push(Object.fromEntries(row));
    }
  }

  commandComplete(tag: string): void {
    this.#command = tag;
  }

  emptyQuery(): void {
    this.#command = '';
  }

  portalSuspended(): void {}
  notice(): void {}
  parameterStatus(): void {}

  copyOutStart(): void {
    throw dbError(
      'feature_not_supported',
      'COPY TO STDOUT is not supported in query(); connect with a driver',
    );
  }

  copyOutData(): void {}
  copyOutRows(): void {}
  copyOutPieces(): void {}
  copyOutDone(): void {}

  copyIn(): AsyncIterable<Uint8Array> {
    throw dbError(
      'feature_not_supported',
      'COPY FROM STDIN is not supported in query(); connect with a driver',
    );
  }
}

/** Micros between the Unix epoch and 2000-01-01. */
const EPOCH_MICROS = 946_684_800_000_000;

function toPlain(type: Oid, value: Value, format: FormatSettings): unknown {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') {
    return type === OID.json && typeof value === 'string' ? JSON.parse(value) : value;
  }
  if (type === OID.timestamptz && typeof value === 'number' && Number.isFinite(value)) {
    return new Date((value + EPOCH_MICROS) / 1000);
  }
  if (typeof value === 'bigint' || value instanceof Uint8Array) return value;
  if (typeof value === 'number' && PLAIN_NUMBERS.has(type)) return value;
  const text = codecFor(type).formatText(value, format);
  return type === OID.jsonb ? JSON.parse(text) : text;
}

const PLAIN_NUMBERS: ReadonlySet<Oid> = new Set<Oid>([
  OID.int2,
  OID.int4,
  OID.int8,
  OID.float4,
  OID.float8,
  OID.oid,
]);
