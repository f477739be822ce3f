/** The message loop of an authenticated connection: frontend messages become calls of the session. */
import type { Env } from '../base/env.ts';
import { dbError, toDbError, type DbError } from '../errors/db-error.ts';
import type { AsynchronousMessage, Session } from '../engine/session.ts';
import {
  writeEmpty,
  writeError,
  writeNotification,
  writeParameterDescription,
  writeReadyForQuery,
  writeRowDescription,
} from './backend-messages.ts';
import type { ClientOutput } from './client-output.ts';
import type { Frame } from './frame-decoder.ts';
import type { FrameSource } from './frame-source.ts';
import {
  readBind,
  readExecute,
  readMessage,
  readParse,
  readQuery,
  readTarget,
} from './frontend-messages.ts';
import { BACKEND, FRONTEND } from './message-types.ts';
import { WireSink } from './wire-sink.ts';

/** Messages that came together and are handled before other connections get a turn. */
const MESSAGES_PER_TURN = 100;
/** Bytes of a query from which on it may be read without becoming a text. */
const LARGE_QUERY = 2048;

type Notification = AsynchronousMessage & { readonly kind: 'notification' };

export class Protocol {
  readonly #env: Env;
  readonly #session: Session;
  readonly #source: FrameSource;
  readonly #output: ClientOutput;
  readonly #sink: WireSink;
  /** After an error in the extended protocol: everything up to Sync is dropped. */
  #skipping = false;
  /** Between a message of the extended protocol and its Sync. */
  #inBatch = false;
  #notifications: Notification[] = [];
  #termination: DbError | undefined;

  constructor(env: Env, session: Session, source: FrameSource, output: ClientOutput) {
    this.#env = env;
    this.#session = session;
    this.#source = source;
    this.#output = output;
    this.#sink = new WireSink(session, output, source);
    session.onAsynchronous((message) => {
      if (message.kind === 'terminate') this.terminate(message.error);
      else this.#notify(message);
    });
  }

  /** Serves the client until it leaves. Throws the FATAL error that ends the connection. */
  async serve(): Promise<void> {
    this.#ready();
    for (let handled = 1; ; handled++) {
      let frame = this.#source.take();
      if (frame === undefined) {
        frame = await this.#wait();
        handled = 1;
      }
      if (this.#termination !== undefined) throw this.#termination;
      if (frame === undefined || frame.type === FRONTEND.terminate) return;
      if (this.#skipping && frame.type !== FRONTEND.sync) continue;
      try {
        await this.#handle(frame);
      } catch (error) {
        await this.#failed(frame.type, error);
      }
      if (this.#termination !== undefined) throw this.#termination;
      const slow = this.#output.pace();
      if (slow !== undefined) await slow;
      if (handled % MESSAGES_PER_TURN === 0) {
        this.#output.flushDue();
        await this.#env.timers.yield();
      }
    }
  }

  /** Ends the connection with this error: at once when it is idle, else its statement is cancelled. */
  terminate(error: DbError): void {
    this.#termination ??= error;
    this.#session.cancel();
    this.#source.end();
    this.#output.giveUpSoon();
  }

  #wait(): Promise<Frame | undefined> {
    this.#output.idle();
    return this.#source.next();
  }

  async #failed(type: number, thrown: unknown): Promise<void> {
    // Who ends the connection tells the client once, in the end; what the cancelled statement throws says less.
    if (this.#termination !== undefined) throw this.#termination;
    const error = toDbError(thrown);
    if (error.severity !== 'ERROR') throw error;
    this.#sink.abandon();
    if (error.condition === 'internal_error') {
      this.#env.log.error('a message failed', { error: error.cause ?? error });
    }
    writeError(this.#output.buffer, error);
    this.#output.flushSoon();
    this.#session.failed(error);
    if (type !== FRONTEND.query && type !== FRONTEND.functionCall && type !== FRONTEND.sync) {
      this.#skipping = true;
      return;
    }
    await this.#session.sync(this.#sink);
    this.#ready();
  }

  async #handle(frame: Frame): Promise<void> {
    const { type, payload } = frame;
    const session = this.#session;
    switch (type) {
      case FRONTEND.query:
        this.#inBatch = false;
        if (!(await this.#insert(payload))) {
          await session.simpleQuery(readQuery(payload), this.#sink);
        }
        return this.#ready();
      case FRONTEND.sync:
        readMessage(payload, () => undefined);
        this.#skipping = false;
        await session.sync(this.#sink);
        return this.#ready();
      case FRONTEND.functionCall:
        throw dbError('feature_not_supported', 'fastpath function calls are not supported');
      case FRONTEND.copyData:
      case FRONTEND.copyDone:
      case FRONTEND.copyFail:
        // The rest of a copy that ended early.
        return;
      default:
        this.#inBatch = true;
        return this.#handleExtended(frame);
    }
  }

  /** False where the query is no large INSERT. */
  async #insert(payload: Uint8Array): Promise<boolean> {
    if (payload.length < LARGE_QUERY || payload[payload.length - 1] !== 0) return false;
    return this.#session.simpleInsert(payload.subarray(0, -1), this.#sink);
  }

  async #handleExtended({ type, payload }: Frame): Promise<void> {
    const session = this.#session;
    const out = this.#output.buffer;
    switch (type) {
      case FRONTEND.parse: {
        const { name, sql, parameterTypes } = readParse(payload);
        await session.parse(name, sql, parameterTypes);
        return writeEmpty(out, BACKEND.parseComplete);
      }
      case FRONTEND.bind: {
        const { portal, statement, parameters, resultFormats } = readBind(payload);
        await session.bind(portal, statement, parameters, resultFormats);
        return writeEmpty(out, BACKEND.bindComplete);
      }
      case FRONTEND.execute: {
        const { portal, maxRows } = readExecute(payload);
        return session.execute(portal, maxRows, this.#sink);
      }
      case FRONTEND.describe:
        return this.#describe(payload);
      case FRONTEND.close: {
        const { kind, name } = readTarget(payload, 'CLOSE');
        if (kind === 'statement') session.closeStatement(name);
        else session.closePortal(name);
        return writeEmpty(out, BACKEND.closeComplete);
      }
      case FRONTEND.flush:
        readMessage(payload, () => undefined);
        return this.#output.flushSoon();
      default:
        throw dbError('protocol_violation', `invalid frontend message type ${type}`);
    }
  }

  async #describe(payload: Uint8Array): Promise<void> {
    const out = this.#output.buffer;
    const { kind, name } = readTarget(payload, 'DESCRIBE');
    if (kind === 'statement') {
      const { parameterTypes, fields } = await this.#session.describeStatement(name);
      writeParameterDescription(out, parameterTypes);
      if (fields === null) writeEmpty(out, BACKEND.noData);
      else writeRowDescription(out, fields, []);
      return;
    }
    const description = await this.#session.describePortal(name);
    if (description === null) writeEmpty(out, BACKEND.noData);
    else writeRowDescription(out, description.fields, description.formats);
  }

  #ready(): void {
    this.#inBatch = false;
    const status = this.#session.transactionStatus;
    if (status === 'I') this.#sendNotifications();
    writeReadyForQuery(this.#output.buffer, status);
    // Where more messages wait, the answers to them may leave together.
    this.#output.flushThisTurn();
  }

  #notify(message: Notification): void {
    this.#notifications.push(message);
    const idle =
      this.#source.isWaiting && !this.#inBatch && this.#session.transactionStatus === 'I';
    if (!idle) return;
    this.#sendNotifications();
    this.#output.flush();
  }

  #sendNotifications(): void {
    for (const { processId, channel, payload } of this.#notifications.splice(0)) {
      writeNotification(this.#output.buffer, processId, channel, payload);
    }
  }
}
