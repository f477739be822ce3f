/**
 * A PostgreSQL client that does as little as possible: rows are counted to the last byte rather than
 * decoded, and COPY sends frames that lie ready in a file. Used for every system with this protocol, so
 * that the client is never what is timed.
 */
import { connect, type Socket } from 'node:net';
import { MessageReader } from './message-reader.ts';
import { ScramClient } from './scram.ts';
import { sendPiece } from './send-piece.ts';

export interface QueryOutcome {
  readonly rows: number;
  readonly bytes: number;
  readonly tag: string;
  readonly milliseconds: number;
}

export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  readonly password?: string;
}

export class SqlError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(`${code} ${message}`);
    this.code = code;
  }
}

const LOCAL = { host: '127.0.0.1', user: 'postgres', database: 'postgres' };

const SYNC = Buffer.from([0x53, 0, 0, 0, 4]);
const FRAME_BYTES = 262_144;
const COPY_DONE = Buffer.from([0x63, 0, 0, 0, 4]);

/** Fields of one row in text form. */
export type OnRow = (fields: readonly (string | null)[]) => void;

export class RawClient {
  readonly #socket: Socket;
  readonly #reader: MessageReader;
  #rows = 0;
  #bytes = 0;
  #tag = '';
  #failure: Error | undefined;
  #onRow: OnRow | undefined;
  #scram: ScramClient | undefined;
  #ready: { resolve: () => void; reject: (error: Error) => void } | undefined;

  private constructor(socket: Socket, endpoint: Endpoint) {
    this.#socket = socket;
    socket.setNoDelay(true);
    this.#reader = new MessageReader(
      (type, body) => this.#message(type, body, endpoint),
      (type) => type !== 0x44 || this.#onRow !== undefined,
    );
    socket.on('data', (chunk) => this.#reader.push(chunk));
    const fail = (): void => this.#ready?.reject(this.#failure ?? new Error('connection closed'));
    socket.on('close', fail);
    socket.on('error', (error) => {
      this.#failure ??= error;
    });
  }

  /** A port alone is a server on this machine. */
  static async connect(target: Endpoint | number): Promise<RawClient> {
    const endpoint = typeof target === 'number' ? { ...LOCAL, port: target } : target;
    const socket = connect(endpoint.port, endpoint.host);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    const client = new RawClient(socket, endpoint);
    const { user, database } = endpoint;
    const parameters = Buffer.from(
      `user\0${user}\0database\0${database}\0client_encoding\0UTF8\0TimeZone\0UTC\0\0`,
    );
    const head = Buffer.alloc(8);
    head.writeInt32BE(parameters.length + 8, 0);
    head.writeInt32BE(196608, 4);
    await client.#roundTrip(() => socket.write(Buffer.concat([head, parameters])));
    return client;
  }

  /** The simple protocol; rows are given decoded to `onRow` where it is there. */
  query(sql: string, onRow?: OnRow): Promise<QueryOutcome> {
    this.#onRow = onRow;
    return this.#roundTrip(() => this.#socket.write(message(0x51, Buffer.from(`${sql}\0`))));
  }

  /** The extended protocol as drivers use it: an unnamed statement, all results in one format. */
  extended(sql: string, format: 'text' | 'binary'): Promise<QueryOutcome> {
    this.#onRow = undefined;
    const code = format === 'binary' ? 1 : 0;
    const parts = [
      message(0x50, Buffer.from(`\0${sql}\0\0\0`)),
      message(0x42, Buffer.from([0, 0, 0, 0, 0, 0, 0, 1, 0, code])),
      message(0x44, Buffer.from('P\0')),
      message(0x45, Buffer.from([0, 0, 0, 0, 0])),
      SYNC,
    ];
    return this.#roundTrip(() => this.#socket.write(Buffer.concat(parts)));
  }

  /** COPY ... FROM STDIN of frames that lie in a file. */
  copyFrames(sql: string, file: number, offset: number, bytes: number): Promise<QueryOutcome> {
    this.#onRow = undefined;
    return this.#roundTrip(async () => {
      this.#socket.write(message(0x51, Buffer.from(`${sql}\0`)));
      await sendPiece(this.#socket, file, offset, bytes);
      this.#socket.write(COPY_DONE);
    });
  }

  /** COPY ... FROM STDIN of payloads without frames. */
  copyIn(sql: string, pieces: Iterable<Buffer>): Promise<QueryOutcome> {
    this.#onRow = undefined;
    return this.#roundTrip(async () => {
      this.#socket.write(message(0x51, Buffer.from(`${sql}\0`)));
      for (const piece of pieces) {
        for (let at = 0; at < piece.length; at += FRAME_BYTES) {
          const sent = this.#socket.write(message(0x64, piece.subarray(at, at + FRAME_BYTES)));
          if (!sent) await new Promise<void>((resolve) => this.#socket.once('drain', resolve));
        }
      }
      this.#socket.write(COPY_DONE);
    });
  }

  /** A whole message that lies in a file. */
  sendMessage(file: number, offset: number, bytes: number): Promise<QueryOutcome> {
    this.#onRow = undefined;
    return this.#roundTrip(() => sendPiece(this.#socket, file, offset, bytes));
  }

  close(): void {
    this.#socket.end(Buffer.from([0x58, 0, 0, 0, 4]));
  }

  /** Sends, then waits for ReadyForQuery; throws the first error. */
  async #roundTrip(send: () => unknown): Promise<QueryOutcome> {
    this.#rows = 0;
    this.#bytes = 0;
    this.#tag = '';
    this.#failure = undefined;
    const start = performance.now();
    const ready = new Promise<void>((resolve, reject) => {
      this.#ready = { resolve, reject };
    });
    await Promise.all([ready, send()]);
    const milliseconds = performance.now() - start;
    if (this.#failure !== undefined) throw this.#failure;
    return { rows: this.#rows, bytes: this.#bytes, tag: this.#tag, milliseconds };
  }

  #message(type: number, body: Buffer | number, endpoint: Endpoint): void {
    if (typeof body === 'number') {
      this.#rows++;
      this.#bytes += body + 5;
      return;
    }
    switch (type) {
      case 0x44:
        this.#rows++;
        this.#bytes += body.length + 5;
        this.#onRow?.(rowFields(body));
        break;
      case 0x43:
        this.#tag = body.toString('utf8', 0, body.length - 1);
        break;
      case 0x45:
        this.#failure ??= errorOf(body);
        break;
      case 0x52:
        this.#authenticate(body, endpoint);
        break;
      case 0x5a:
        this.#ready?.resolve();
    }
  }

  /** Trust, a clear-text password, or SCRAM. */
  #authenticate(body: Buffer, { password = '' }: Endpoint): void {
    const answer = (payload: Buffer): boolean => this.#socket.write(message(0x70, payload));
    const request = body.readInt32BE(0);
    if (request === 3) answer(Buffer.from(`${password}\0`));
    else if (request === 10) {
      this.#scram = new ScramClient(password);
      answer(this.#scram.first());
    } else if (request === 11 && this.#scram !== undefined) {
      answer(this.#scram.final(body.toString('utf8', 4)));
    } else if (request !== 0 && request !== 12) {
      this.#ready?.reject(new Error(`authentication request ${request} is not supported`));
    }
  }
}

function message(type: number, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head[0] = type;
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

function rowFields(body: Buffer): (string | null)[] {
  const fields: (string | null)[] = [];
  const count = body.readInt16BE(0);
  for (let i = 0, at = 2; i < count; i++) {
    const length = body.readInt32BE(at);
    at += 4;
    fields.push(length < 0 ? null : body.toString('utf8', at, at + length));
    at += Math.max(0, length);
  }
  return fields;
}

function errorOf(body: Buffer): SqlError {
  const fields = body.toString('utf8').split('\0');
  const field = (letter: string): string =>
    fields.find((text) => text.startsWith(letter))?.slice(1) ?? '';
  return new SqlError(field('C'), field('M'));
}
