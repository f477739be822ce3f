import type { Env } from '../../../src/base/env.ts';
import { dbError, fatalError, type DbError } from '../../../src/errors/db-error.ts';
import type {
  AsynchronousMessage,
  Engine,
  FieldDescription,
  LoginRole,
  ResultSink,
  Session,
  SessionOptions,
  StatementDescription,
  TransactionStatus,
} from '../../../src/engine/session.ts';
import { createNodeEnv } from '../../../src/platform/node-env.ts';
import { OID, sqlType } from '../../../src/types/type.ts';
import { VectorBuilder } from '../../../src/vector/builder.ts';
import type { Batch } from '../../../src/vector/vector.ts';

export const ENV: Env = createNodeEnv({ logLevel: 'silent' });

const FIELDS: readonly FieldDescription[] = [
  { name: 'i', tableOid: 0, attnum: 0, type: sqlType(OID.int4), typeLength: 4 },
  { name: 't', tableOid: 0, attnum: 0, type: sqlType(OID.text), typeLength: -1 },
];

/** An engine whose sessions answer a handful of made-up statements and note every call. */
export class ScriptedEngine implements Engine {
  readonly serverVersion = '15.8';
  readonly sessions: ScriptedSession[] = [];
  verifier: string | null = null;

  loginRole(user: string): LoginRole {
    return {
      exists: user !== 'nobody',
      canLogin: true,
      isSuperuser: user === 'postgres',
      verifier: user === 'nobody' ? null : this.verifier,
    };
  }

  async createSession(options: SessionOptions): Promise<Session> {
    if (options.database === 'missing') {
      throw fatalError('invalid_catalog_name', 'database "missing" does not exist');
    }
    const session = new ScriptedSession(options, 100 + this.sessions.length);
    this.sessions.push(session);
    return session;
  }

  cancel(processId: number, secretKey: number): void {
    this.sessions.find((s) => s.processId === processId && s.secretKey === secretKey)?.cancel();
  }

  async close(): Promise<void> {}
}

export class ScriptedSession implements Session {
  readonly processId: number;
  readonly secretKey = 7;
  readonly options: SessionOptions;
  readonly format = {
    timeZone: 'UTC',
    dateStyle: 'ISO',
    dateOrder: 'MDY',
    intervalStyle: 'postgres',
    byteaOutput: 'hex',
    extraFloatDigits: 1,
    nowMicros: 0,
  } as const;
  readonly calls: string[] = [];
  transactionStatus: TransactionStatus = 'I';
  copied = '';
  closed = false;
  batchesSent = 0;
  #statements = new Map<string, string>();
  #portals = new Map<string, { sql: string; at: number }>();
  #cancel: ((error: DbError) => void) | undefined;
  #listener: ((message: AsynchronousMessage) => void) | undefined;

  constructor(options: SessionOptions, processId: number) {
    this.options = options;
    this.processId = processId;
  }

  reportedSettings(): (readonly [string, string])[] {
    return [['server_version', '15.8']];
  }

  async simpleQuery(sql: string, sink: ResultSink): Promise<void> {
    this.calls.push(`query ${sql}`);
    const statements = sql.split(';').map((part) => part.trim());
    for (const statement of statements) await this.#run(statement, sink, true, { at: 0 }, 0);
  }

  async simpleInsert(): Promise<boolean> {
    return false;
  }

  async parse(name: string, sql: string): Promise<void> {
    this.calls.push(`parse ${name} ${sql}`);
    if (sql === 'bad syntax') throw dbError('syntax_error', 'syntax error at or near "bad"');
    this.#statements.set(name, sql);
  }

  async bind(portal: string, statement: string): Promise<void> {
    const sql = this.#statements.get(statement);
    if (sql === undefined) throw dbError('invalid_sql_statement_name', 'no such statement');
    this.#portals.set(portal, { sql, at: 0 });
  }

  async describeStatement(name: string): Promise<StatementDescription> {
    const isRows = this.#statements.get(name)?.startsWith('rows') === true;
    return { parameterTypes: [], fields: isRows ? FIELDS : null };
  }

  async describePortal(
    name: string,
  ): Promise<{ fields: readonly FieldDescription[]; formats: [] } | null> {
    return this.#portals.get(name)?.sql.startsWith('rows') === true
      ? { fields: FIELDS, formats: [] }
      : null;
  }

  async execute(name: string, maxRows: number, sink: ResultSink): Promise<void> {
    const portal = this.#portals.get(name);
    if (portal === undefined)
      throw dbError('invalid_cursor_name', `portal "${name}" does not exist`);
    await this.#run(portal.sql, sink, false, portal, maxRows);
  }

  closeStatement(name: string): void {
    this.#statements.delete(name);
  }

  closePortal(name: string): void {
    this.#portals.delete(name);
  }

  async sync(): Promise<void> {
    this.calls.push('sync');
  }

  failed(error: DbError): void {
    this.calls.push(`failed ${error.code}`);
  }

  cancel(): void {
    this.#cancel?.(dbError('query_canceled', 'canceling statement due to user request'));
  }

  onAsynchronous(listener: (message: AsynchronousMessage) => void): void {
    this.#listener = listener;
  }

  tell(message: AsynchronousMessage): void {
    this.#listener?.(message);
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  async #run(
    statement: string,
    sink: ResultSink,
    describe: boolean,
    portal: { at: number },
    maxRows: number,
  ): Promise<void> {
    const [verb, argument] = statement.split(' ') as [string, string | undefined];
    switch (verb) {
      case '':
        return sink.emptyQuery();
      case 'rows':
        return this.#rows(Number(argument), sink, describe, portal, maxRows);
      case 'error':
        throw dbError('undefined_table', { message: 'relation "x" does not exist', position: 3 });
      case 'fatal':
        throw fatalError('admin_shutdown', 'terminating connection due to administrator command');
      case 'notice':
        sink.notice({ severity: 'NOTICE', code: '00000', message: 'look' });
        return sink.commandComplete('NOTICE');
      case 'set':
        sink.parameterStatus('TimeZone', 'UTC');
        return sink.commandComplete('SET');
      case 'begin':
        this.transactionStatus = 'T';
        return sink.commandComplete('BEGIN');
      case 'wait':
        return new Promise((_resolve, reject) => {
          this.#cancel = reject;
        });
      case 'copyin':
        return this.#copyIn(sink, argument === 'half');
      case 'copyout':
        sink.copyOutStart(0, [0]);
        await sink.copyOutData(Buffer.from('a\n'));
        await sink.copyOutData(Buffer.from('b\n'));
        sink.copyOutDone();
        return sink.commandComplete('COPY 2');
      default:
        throw dbError('syntax_error', `syntax error at or near "${verb}"`);
    }
  }

  async #rows(
    count: number,
    sink: ResultSink,
    describe: boolean,
    portal: { at: number },
    maxRows: number,
  ): Promise<void> {
    if (describe) sink.rowDescription(FIELDS, [0, 0]);
    const end = maxRows === 0 ? count : Math.min(count, portal.at + maxRows);
    while (portal.at < end) {
      const batch = rowBatch(portal.at, Math.min(end, portal.at + 1000));
      portal.at += batch.length;
      this.batchesSent++;
      await sink.rows(batch, FIELDS, [0, 0], () => undefined);
    }
    if (portal.at < count) sink.portalSuspended();
    else sink.commandComplete(`SELECT ${end}`);
  }

  async #copyIn(sink: ResultSink, half: boolean): Promise<void> {
    this.copied = '';
    for await (const chunk of sink.copyIn(0, [0])) {
      this.copied += Buffer.from(chunk).toString();
      if (half) throw dbError('bad_copy_file_format', 'extra data after last expected column');
    }
    sink.commandComplete(`COPY ${this.copied.length}`);
  }
}

function rowBatch(from: number, to: number): Batch {
  const numbers = new VectorBuilder(sqlType(OID.int4));
  const texts = new VectorBuilder(sqlType(OID.text));
  for (let i = from; i < to; i++) {
    numbers.append(i);
    texts.append(i % 3 === 2 ? null : `t${i}`);
  }
  return { columns: [numbers.finish(), texts.finish()], length: to - from };
}
