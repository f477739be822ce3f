/** A client that throws its answers away: statements, COPY in both directions, fast or slow reading. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** Bytes of COPY data in one message. */
const COPY_MESSAGE_BYTES = 64 * 1024;

export class WireClient {
  readonly #socket: Socket;
  /** The head of a message that did not arrive whole. */
  #head = Buffer.alloc(0);
  /** Bytes of a message's body still to come; they are skipped. */
  #skip = 0;
  #failure: Error | undefined;
  #ready: (() => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#failure ??= new Error('the server closed the connection');
      this.#ready?.();
    });
  }

  static async connect(port: number): Promise<WireClient> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const client = new WireClient(socket);
    const body = Buffer.from('user\0postgres\0database\0postgres\0\0');
    const head = Buffer.alloc(8);
    head.writeInt32BE(body.length + 8, 0);
    head.writeInt32BE(3 << 16, 4);
    socket.write(Buffer.concat([head, body]));
    await client.#untilReady();
    return client;
  }

  async query(sql: string): Promise<void> {
    this.#socket.write(message('Q', Buffer.from(`${sql}\0`)));
    await this.#untilReady();
  }

  /** Sends COPY data as fast as the server takes it. */
  async copyIn(sql: string, pieces: Iterable<Buffer>): Promise<void> {
    this.#socket.write(message('Q', Buffer.from(`${sql}\0`)));
    for (const piece of pieces) {
      for (let at = 0; at < piece.length; at += COPY_MESSAGE_BYTES) {
        const part = message('d', piece.subarray(at, at + COPY_MESSAGE_BYTES));
        if (!this.#socket.write(part)) await once(this.#socket, 'drain');
      }
    }
    this.#socket.write(message('c', Buffer.alloc(0)));
    await this.#untilReady();
  }

  /** Runs a statement and rests for `ms` after each piece that it reads. */
  async readSlowly(sql: string, ms: number): Promise<void> {
    const rest = (): void => {
      this.#socket.pause();
      setTimeout(() => this.#socket.resume(), ms);
    };
    this.#socket.on('data', rest);
    try {
      await this.query(sql);
    } finally {
      this.#socket.off('data', rest);
    }
  }

  close(): void {
    this.#socket.destroy();
  }

  async #untilReady(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#ready = resolve;
    });
    this.#ready = undefined;
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
  }

  #read(chunk: Buffer): void {
    let at = Math.min(this.#skip, chunk.length);
    this.#skip -= at;
    while (at < chunk.length) {
      const missing = 5 - this.#head.length;
      this.#head = Buffer.concat([this.#head, chunk.subarray(at, at + missing)]);
      at = Math.min(at + missing, chunk.length);
      if (this.#head.length < 5) return;
      const type = String.fromCharCode(this.#head[0]);
      const length = this.#head.readInt32BE(1) - 4;
      this.#head = Buffer.alloc(0);
      if (type === 'E') {
        const text = chunk.toString('utf8', at, at + length).replaceAll('\0', ' ');
        this.#failure ??= new Error(text);
      }
      const here = Math.min(length, chunk.length - at);
      at += here;
      this.#skip = length - here;
      if (type === 'Z') this.#ready?.();
    }
  }
}

function message(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type, 0, 'latin1');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}
