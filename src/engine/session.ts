/**
 * The session contract: all that a door (pgwire, http, embedding) may know of the engine. One session
 * per connection; its calls are made one at a time, except `cancel`, which may come at any moment.
 *
 * Flow: the door calls one of the methods below for each frontend message; the session answers through
 * a `ResultSink`, whose calls map one to one to backend messages. An error is thrown as a DbError after
 * the session has put its own state right (transaction failed, portal closed); the door turns it into
 * ErrorResponse and, in the extended protocol, skips to Sync.
 */
import type { DbError, NoticeSeverity } from '../errors/db-error.ts';
import type { FormatSettings } from '../types/codec.ts';
import type { Oid, SqlType } from '../types/type.ts';
import type { MessageTarget } from '../vector/output/message-target.ts';
import type { Batch } from '../vector/vector.ts';

export interface FieldDescription {
  readonly name: string;
  /** Relation and column that the value comes straight from, else 0. */
  readonly tableOid: Oid;
  readonly attnum: number;
  readonly type: SqlType;
  /** typlen. */
  readonly typeLength: number;
}

/** 0 text, 1 binary, as in the protocol. */
export type FormatCode = 0 | 1;

export type TransactionStatus = 'I' | 'T' | 'E';

export interface Notice {
  readonly severity: NoticeSeverity;
  readonly code: string;
  readonly message: string;
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
}

/** Stops the statement on cancel and time-outs; a promise gives the event loop a turn. */
export type Checkpoint = () => Promise<void> | undefined;

/** Where a statement's results go. A returned promise is back pressure: the statement waits for it. */
export interface ResultSink {
  /** Once per statement that returns rows, before the first batch (simple protocol only). */
  rowDescription(fields: readonly FieldDescription[], formats: readonly FormatCode[]): void;
  /** Rows to encode in the result formats of the statement at hand. */
  rows(
    batch: Batch,
    fields: readonly FieldDescription[],
    formats: readonly FormatCode[],
    checkpoint: Checkpoint,
  ): void | Promise<void>;
  commandComplete(tag: string): void;
  emptyQuery(): void;
  portalSuspended(): void;
  notice(notice: Notice): void;
  parameterStatus(name: string, value: string): void;
  /** COPY TO STDOUT. */
  copyOutStart(format: FormatCode, columnFormats: readonly FormatCode[]): void;
  /** What is no row, as one message. */
  copyOutData(bytes: Uint8Array): void | Promise<void>;
  /** Rows: `write` puts CopyData messages, one a row, into the door's buffer. */
  copyOutRows(write: (target: MessageTarget) => void): void | Promise<void>;
  /** A row that is large: the pieces of one message, its head included. */
  copyOutPieces(message: readonly Uint8Array[]): void | Promise<void>;
  copyOutDone(): void;
  /**
   * COPY FROM STDIN: the door answers CopyInResponse and hands over the CopyData payloads as they come,
   * borders anywhere. The iterable ends at CopyDone and throws a DbError at CopyFail (57014), at a
   * protocol violation, or when the connection is lost.
   */
  copyIn(format: FormatCode, columnFormats: readonly FormatCode[]): AsyncIterable<Uint8Array>;
}

/** A bound parameter as it came from the client. */
export interface ParameterInput {
  readonly format: FormatCode;
  /** null for SQL NULL. */
  readonly bytes: Uint8Array | null;
}

export interface StatementDescription {
  readonly parameterTypes: readonly Oid[];
  /** null for statements that return no rows. */
  readonly fields: readonly FieldDescription[] | null;
}

export interface Session {
  readonly processId: number;
  /** Secret of BackendKeyData. */
  readonly secretKey: number;
  readonly transactionStatus: TransactionStatus;
  /** Settings that change how values are printed; changes with SET. */
  readonly format: FormatSettings;
  /** Name and current value of every setting that ParameterStatus reports, in PostgreSQL's order. */
  reportedSettings(): readonly (readonly [string, string])[];

  /** Simple query: all statements of one message. Does not send ReadyForQuery. */
  simpleQuery(sql: string, sink: ResultSink): Promise<void>;
  /**
   * The same for the UTF-8 of a large INSERT of literals, which never becomes a text. False where the bytes
   * are anything else, which `simpleQuery` has to do then.
   */
  simpleInsert(bytes: Uint8Array, sink: ResultSink): Promise<boolean>;

  parse(name: string, sql: string, parameterTypes: readonly Oid[]): Promise<void>;
  bind(
    portal: string,
    statement: string,
    parameters: readonly ParameterInput[],
    resultFormats: readonly FormatCode[],
  ): Promise<void>;
  describeStatement(name: string): Promise<StatementDescription>;
  /** Fields of a portal with its result formats, or null for no rows. */
  describePortal(
    name: string,
  ): Promise<{ fields: readonly FieldDescription[]; formats: readonly FormatCode[] } | null>;
  /** maxRows 0 means all. Never calls sink.rowDescription. */
  execute(portal: string, maxRows: number, sink: ResultSink): Promise<void>;
  closeStatement(name: string): void;
  closePortal(name: string): void;
  /** Ends the implicit transaction: commits, or rolls back after an error. */
  sync(sink: ResultSink): Promise<void>;
  /** The door saw an error in the extended protocol (also its own): the implicit transaction fails. */
  failed(error: DbError): void;

  /** Ends the running statement with 57014. Safe at any time. */
  cancel(): void;
  /** Notifications and notices that arise while no statement runs go here. */
  onAsynchronous(listener: (message: AsynchronousMessage) => void): void;
  /** Rolls back what is open and frees everything. */
  close(): Promise<void>;
}

export type AsynchronousMessage =
  | {
      readonly kind: 'notification';
      readonly processId: number;
      readonly channel: string;
      readonly payload: string;
    }
  | { readonly kind: 'terminate'; readonly error: DbError };

export interface SessionOptions {
  readonly user: string;
  readonly database: string;
  /** Other startup parameters: any setting's name, in any case. */
  readonly settings: readonly (readonly [string, string])[];
  readonly clientAddress: string | null;
  readonly clientPort: number | null;
}

/** What a door needs to know about a role before it lets somebody in. */
export interface LoginRole {
  readonly exists: boolean;
  readonly canLogin: boolean;
  readonly isSuperuser: boolean;
  /** SCRAM-SHA-256 verifier (`SCRAM-SHA-256$4096:salt$stored:server`), or null without a password. */
  readonly verifier: string | null;
}

export interface Engine {
  loginRole(user: string): LoginRole;
  /** Throws FATAL 3D000 for an unknown database, 28000 for an unknown role, 22023 for bad settings. */
  createSession(options: SessionOptions): Promise<Session>;
  /** Ends the statement of the session with this key, if there is one; silent otherwise. */
  cancel(processId: number, secretKey: number): void;
  readonly serverVersion: string;
  close(): Promise<void>;
}
