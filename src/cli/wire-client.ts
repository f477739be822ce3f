/** A small PostgreSQL client for the command line: simple protocol, text results, COPY in. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { ByteReader } from '../base/byte-reader.ts';

export interface ClientResult {
  readonly columns: readonly string[];
  readonly rows: (string | null)[][];
  readonly tag: string;
}

export class WireClient {
  readonly #socket: Socket;
  #buffer: Buffer = Buffer.alloc(0);
  #wake: (() => void) | undefined;
  #ended = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk]);
      this.#wake?.();
    });
    const end = (): void => {
      this.#ended = true;
      this.#wake?.();
    };
    socket.on('close', end);
    socket.on('error', end);
  }

  /** Connects on loopback as postgres, which a fresh server trusts there. */
  static async connect(port: number): Promise<WireClient> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const client = new WireClient(socket);
    const body = Buffer.from(
      'user\0postgres\0database\0postgres\0application_name\0varve demo\0\0',
    );
    const head = Buffer.alloc(8);
    head.writeInt32BE(body.length + 8, 0);
    head.writeInt32BE(3 << 16, 4);
    socket.write(Buffer.concat([head, body]));
    await client.#untilReady();
    return client;
  }

  async query(sql: string): Promise<ClientResult> {
    this.#socket.write(message('Q', Buffer.from(`${sql}\0`)));
    return await this.#untilReady();
  }

  /** COPY ... FROM STDIN; `onSent` hears how many bytes went out. */
  async copyIn(
    sql: string,
    pieces: AsyncIterable<Buffer> | Iterable<Buffer>,
    onSent: (bytes: number) => void,
  ): Promise<ClientResult> {
    this.#socket.write(message('Q', Buffer.from(`${sql}\0`)));
    for await (const piece of pieces) {
      if (!this.#socket.write(message('d', piece))) await once(this.#socket, 'drain');
      onSent(piece.length);
    }
    this.#socket.write(message('c', Buffer.alloc(0)));
    return await this.#untilReady();
  }

  close(): void {
    this.#socket.end(message('X', Buffer.alloc(0)));
  }

  async #untilReady(): Promise<ClientResult> {
    let columns: string[] = [];
    const rows: (string | null)[][] = [];
    let tag = '';
    let failure: Error | undefined;
    for (;;) {
      const next = await this.#message();
      if (next === undefined) throw failure ?? new Error('the server closed the connection');
      const [type, body] = next;
      if (type === 'T') columns = columnNames(body);
      else if (type === 'D') rows.push(rowValues(body));
      else if (type === 'C') tag = body.toString('utf8', 0, body.length - 1);
      else if (type === 'E') failure ??= new Error(errorMessage(body));
      else if (type === 'Z') {
        if (failure !== undefined) throw failure;
        return { columns, rows, tag };
      }
    }
  }

  async #message(): Promise<readonly [type: string, body: Buffer] | undefined> {
    for (;;) {
      const buffer = this.#buffer;
      const length = buffer.length >= 5 ? buffer.readInt32BE(1) + 1 : Infinity;
      if (buffer.length >= length) {
        this.#buffer = buffer.subarray(length);
        return [String.fromCharCode(buffer[0] as number), buffer.subarray(5, length)];
      }
      if (this.#ended) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }
}

function message(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type, 0, 'latin1');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

function columnNames(body: Buffer): string[] {
  const reader = new ByteReader(body);
  return Array.from({ length: reader.i16() }, () => {
    const name = reader.cstring();
    reader.take(18);
    return name;
  });
}

function rowValues(body: Buffer): (string | null)[] {
  const reader = new ByteReader(body);
  return Array.from({ length: reader.i16() }, () => {
    const length = reader.i32();
    return length < 0 ? null : reader.utf8(length);
  });
}

function errorMessage(body: Buffer): string {
  const fields = new Map(
    body
      .toString('utf8')
      .split('\0')
      .map((field) => [field[0], field.slice(1)]),
  );
  return `${fields.get('S') ?? 'ERROR'}: ${fields.get('M') ?? 'unknown error'}`;
}
