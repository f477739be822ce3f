/** One client from accept to close: startup packets, authentication, the message loop, the end. */
import type { Env } from '../base/env.ts';
import { DbError, dbError, fatalError, toDbError } from '../errors/db-error.ts';
import type { Engine, Session } from '../engine/session.ts';
import type { ByteStream } from '../platform/network.ts';
import { authenticate, writeAuthenticationOk } from './authentication.ts';
import {
  writeBackendKeyData,
  writeError,
  writeNegotiateProtocolVersion,
  writeParameterStatus,
} from './backend-messages.ts';
import { ClientOutput } from './client-output.ts';
import { FrameSource } from './frame-source.ts';
import { Protocol } from './protocol.ts';
import { readStartupPacket, unsupportedProtocol, type StartupRequest } from './startup.ts';

/** How long a client may take to read our last words. */
const LINGER_MS = 5_000;

const YES = new Uint8Array([0x53]);
const NO = new Uint8Array([0x4e]);

export interface ConnectionHost {
  readonly engine: Engine;
  readonly env: Env;
  readonly tlsAvailable: boolean;
  /** Secret for the salts of unknown users. */
  readonly mockSecret: Uint8Array;
  /** From accept to authenticated. */
  readonly authenticationMs: number;
  /** Takes a place for a client who has authenticated; throws FATAL 53300 when there is none. */
  admit(connection: Connection, isSuperuser: boolean): void;
  /** Gives the place back. */
  leave(): void;
  /** The stream is gone, or will be without a doubt. */
  closed(connection: Connection): void;
}

export class Connection {
  readonly #host: ConnectionHost;
  readonly #stream: ByteStream;
  readonly #source: FrameSource;
  readonly #output: ClientOutput;
  #session: Session | undefined;
  #protocol: Protocol | undefined;
  /** Who logs in, once the startup packet has said so. */
  #user: string | undefined;
  #admitted = false;
  #handshaking = false;
  #dropped = false;
  #gone = false;
  #stopDeadline: () => void = () => undefined;
  #stopLinger: () => void = () => undefined;
  #stopped: DbError | undefined;

  constructor(host: ConnectionHost, stream: ByteStream) {
    this.#host = host;
    this.#stream = stream;
    this.#source = new FrameSource(stream);
    this.#output = new ClientOutput(stream, host.env.timers);
  }

  /** Messages that came. */
  get received(): number {
    return this.#source.received;
  }

  /** True while the client has nothing to be done. */
  get isWaiting(): boolean {
    return this.#source.isWaiting;
  }

  /** Serves the client; resolves when everything that belongs to it is freed. Never rejects. */
  async run(): Promise<void> {
    const { env } = this.#host;
    this.#stopDeadline = env.timers.after(this.#host.authenticationMs, () =>
      this.stop(fatalError('query_canceled', 'canceling authentication due to timeout')),
    );
    this.#source.attach((error) => this.#closed(error));
    try {
      await this.#serve();
    } catch (error) {
      this.#sayGoodbye(asFatal(this.#stopped ?? toDbError(error)));
    }
    this.#stopDeadline();
    try {
      await this.#session?.close();
    } catch (error) {
      env.log.error('closing a session failed', { error });
    }
    if (this.#admitted) this.#host.leave();
    this.#output.flush();
    this.#source.discard();
    this.#stream.end();
    if (this.#gone) return;
    this.#stopLinger = env.timers.after(LINGER_MS, () => this.#close());
  }

  /** Resolves when the client has what was sent to it, or will never have it. */
  async sent(): Promise<void> {
    while (this.#stream.pendingBytes > 0 && !this.#gone) await this.#host.env.timers.yield();
  }

  /** Ends the connection with this error, as soon as its statement lets go. */
  stop(error: DbError): void {
    this.#stopped ??= error;
    if (this.#protocol !== undefined) return this.#protocol.terminate(error);
    this.#source.end();
    // Nothing can be said in the middle of a handshake, and nothing else would end it.
    if (this.#handshaking) this.#stream.destroy();
  }

  /** Closes the stream of a client who has not authenticated, without a word. */
  drop(): void {
    this.#dropped = true;
    this.stop(fatalError('too_many_connections', 'sorry, too many clients already'));
    this.#close();
  }

  async #serve(): Promise<void> {
    const request = await this.#startup();
    if (this.#stopped !== undefined) throw this.#stopped;
    if (request === undefined) return;
    this.#user = request.user;
    const { engine, env, mockSecret } = this.#host;
    const output = this.#output;
    const source = this.#source;
    if (request.negotiate !== null) {
      writeNegotiateProtocolVersion(output.buffer, request.negotiate);
    }
    const context = {
      engine,
      random: env.random,
      mockSecret,
      stream: this.#stream,
      source,
      output,
    };
    const present = await authenticate(context, request.user);
    if (this.#stopped !== undefined) throw this.#stopped;
    if (!present) return;
    // Not before: a place must cost more than a stream that stalls.
    this.#host.admit(this, engine.loginRole(request.user).isSuperuser);
    this.#admitted = true;
    writeAuthenticationOk(output.buffer);
    source.mode = 'messages';
    const session = await engine.createSession({
      user: request.user,
      database: request.database,
      settings: request.settings,
      clientAddress: this.#stream.remoteAddress,
      clientPort: this.#stream.remotePort,
    });
    this.#session = session;
    this.#stopDeadline();
    for (const [name, value] of session.reportedSettings()) {
      writeParameterStatus(output.buffer, name, value);
    }
    writeBackendKeyData(output.buffer, session.processId, session.secretKey);
    this.#protocol = new Protocol(env, session, source, output);
    if (this.#stopped !== undefined) throw this.#stopped;
    await this.#protocol.serve();
  }

  /** Reads startup packets up to the one that starts a session; undefined for a client that leaves. */
  async #startup(): Promise<StartupRequest | undefined> {
    let sslAnswered = false;
    let gssAnswered = false;
    for (;;) {
      const frame = await this.#source.next();
      if (frame === undefined) return undefined;
      const packet = readStartupPacket(frame.payload);
      switch (packet.kind) {
        case 'start':
          return packet.request;
        case 'cancel':
          this.#host.engine.cancel(packet.processId, packet.secretKey);
          return undefined;
        case 'gss':
          if (gssAnswered) throw unsupportedProtocol(1234, 5680);
          gssAnswered = true;
          this.#stream.write(NO);
          break;
        case 'ssl':
          if (sslAnswered) throw unsupportedProtocol(1234, 5679);
          sslAnswered = true;
          await this.#answerSsl();
      }
    }
  }

  async #answerSsl(): Promise<void> {
    if (!this.#host.tlsAvailable || this.#stream.tls !== null) {
      this.#stream.write(NO);
      return;
    }
    // Bytes sent ahead of the handshake could be somebody else's: they must not count as encrypted.
    if (this.#source.bufferedBytes > 0) {
      throw fatalError('protocol_violation', {
        message: 'received unencrypted data after SSL request',
        detail:
          'This could be either a client-software bug or evidence of an attempted man-in-the-middle attack.',
      });
    }
    this.#stream.write(YES);
    this.#handshaking = true;
    try {
      await this.#stream.upgradeTls();
    } catch (error) {
      this.#close();
      throw fatalError('connection_failure', `could not accept SSL connection: ${String(error)}`);
    } finally {
      this.#handshaking = false;
    }
    this.#source.attach((error) => this.#closed(error));
  }

  #closed(error: Error | undefined): void {
    if (error !== undefined) {
      this.#host.env.log.debug('connection broke', { error: error.message });
    }
    this.#gone = true;
    this.#stopLinger();
    this.#host.closed(this);
    this.#output.lose();
    this.#session?.cancel();
  }

  /** For a stream that may not tell of its end, being between two receivers. */
  #close(): void {
    this.#stream.destroy();
    this.#host.closed(this);
  }

  #sayGoodbye(error: DbError): void {
    const { log } = this.#host.env;
    if (error.condition === 'internal_error') {
      log.error('connection failed', { error: error.cause ?? error });
    } else if (this.#session === undefined && !this.#dropped) {
      this.#logFailedLogin(error);
    }
    writeError(this.#output.buffer, error);
  }

  #logFailedLogin(error: DbError): void {
    if (error.condition === 'admin_shutdown') return;
    this.#host.env.log.warn('login failed', {
      error: error.message,
      code: error.code,
      user: this.#user,
      address: this.#stream.remoteAddress ?? undefined,
      port: this.#stream.remotePort ?? undefined,
    });
  }
}

/** Before the message loop, and where it gives up, every error ends the connection. */
function asFatal(error: DbError): DbError {
  if (error.severity !== 'ERROR') return error;
  return new DbError(error.condition, error.fields, 'FATAL', error.cause ?? error);
}

/** What clients are told when the server goes down. */
export function shutdownError(): DbError {
  return asFatal(dbError('admin_shutdown', 'terminating connection due to administrator command'));
}
