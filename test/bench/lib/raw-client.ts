/**
 * A PostgreSQL client that does as little as possible: simple protocol, trust authentication, rows
 * counted rather than decoded. Used for every system alike, so that the client is never what is timed.
 */
import { connect, type Socket } from 'node:net';

export interface QueryOutcome {
  readonly rows: number;
  readonly bytes: number;
  readonly tag: string;
  readonly milliseconds: number;
}

export class RawClient {
  readonly #socket: Socket;
  #buffer: Buffer = Buffer.alloc(0);
  #wake: (() => void) | undefined;
  #ended = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => {
      this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk]);
      this.#wake?.();
    });
    socket.on('close', () => {
      this.#ended = true;
      this.#wake?.();
    });
  }

  static async connect(port: number, user = 'postgres', database = 'postgres'): Promise<RawClient> {
    const socket = connect(port, '127.0.0.1');
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    const client = new RawClient(socket);
    const parameters = Buffer.from(
      `user\0${user}\0database\0${database}\0client_encoding\0UTF8\0\0`,
    );
    const head = Buffer.alloc(8);
    head.writeInt32BE(parameters.length + 8, 0);
    head.writeInt32BE(196608, 4);
    socket.write(Buffer.concat([head, parameters]));
    await client.#untilReady();
    return client;
  }

  async query(sql: string): Promise<QueryOutcome> {
    const start = performance.now();
    this.#socket.write(queryMessage(sql));
    const outcome = await this.#untilReady();
    return { ...outcome, milliseconds: performance.now() - start };
  }

  /** COPY ... FROM STDIN with payloads as they come. */
  async copyIn(sql: string, pieces: Iterable<Buffer>): Promise<QueryOutcome> {
    const start = performance.now();
    this.#socket.write(queryMessage(sql));
    for (const piece of pieces) {
      for (let at = 0; at < piece.length; at += 262_144) {
        const part = piece.subarray(at, at + 262_144);
        const head = Buffer.alloc(5);
        head[0] = 0x64;
        head.writeInt32BE(part.length + 4, 1);
        this.#socket.write(head);
        if (!this.#socket.write(part)) {
          await new Promise<void>((resolve) => this.#socket.once('drain', () => resolve()));
        }
      }
    }
    this.#socket.write(Buffer.from([0x63, 0, 0, 0, 4]));
    const outcome = await this.#untilReady();
    return { ...outcome, milliseconds: performance.now() - start };
  }

  close(): void {
    this.#socket.end(Buffer.from([0x58, 0, 0, 0, 4]));
  }

  /** Reads messages up to ReadyForQuery; throws the first error. */
  async #untilReady(): Promise<Omit<QueryOutcome, 'milliseconds'>> {
    let rows = 0;
    let bytes = 0;
    let tag = '';
    let failure: Error | undefined;
    for (;;) {
      let at = 0;
      const buffer = this.#buffer;
      while (buffer.length - at >= 5) {
        const length = buffer.readInt32BE(at + 1) + 1;
        if (buffer.length - at < length) break;
        const type = buffer[at] as number;
        if (type === 0x44) {
          rows++;
          bytes += length;
        } else if (type === 0x43) tag = buffer.toString('utf8', at + 5, at + length - 1);
        else if (type === 0x45)
          failure ??= new Error(errorText(buffer.subarray(at + 5, at + length)));
        at += length;
        if (type === 0x5a) {
          this.#buffer = buffer.subarray(at);
          if (failure !== undefined) throw failure;
          return { rows, bytes, tag };
        }
      }
      this.#buffer = buffer.subarray(at);
      if (this.#ended) throw failure ?? new Error('connection closed');
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }
}

function queryMessage(sql: string): Buffer {
  const body = Buffer.from(`${sql}\0`);
  const head = Buffer.alloc(5);
  head[0] = 0x51;
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

function errorText(body: Buffer): string {
  return body
    .toString('utf8')
    .split('\0')
    .filter((field) => /^[SCMD]/.test(field))
    .map((field) => field.slice(1))
    .join(' ');
}
