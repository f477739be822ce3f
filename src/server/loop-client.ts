/** A client inside the server: its stream is memory, so that statements pass every layer but the network. */
import { InternalError } from '../errors/db-error.ts';
import type { ByteStream, StreamHandlers } from '../platform/network.ts';

const READY = 0x5a;
const ERROR = 0x45;
const HEADER_BYTES = 5;
const PROTOCOL = 196_608;

/** What the server sees, and the answers that it writes to it. */
export class LoopClient implements ByteStream {
  readonly remoteAddress = '127.0.0.1';
  readonly remotePort = null;
  readonly loopback = true;
  readonly tls = null;
  readonly pendingBytes = 0;
  #handlers: StreamHandlers | undefined;
  /** Bytes of the message under way that have not come yet. */
  #missing = 0;
  /** Bytes of a header that is not complete yet. */
  #header: number[] = [];
  #failed = false;
  #settle: ((failed: boolean) => void) | undefined;

  /** Logs in as the first role. */
  connect(): Promise<void> {
    const parameters = 'user\0postgres\0database\0postgres\0\0';
    return this.send(joined([int32(8 + parameters.length), int32(PROTOCOL), text(parameters)]));
  }

  /** Sends messages and waits until the server is ready; rejects where it reports an error. */
  send(messages: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#failed = false;
      this.#settle = (failed) =>
        failed ? reject(new InternalError('the server reports an error')) : resolve();
      this.#handlers?.data(messages);
    });
  }

  attach(handlers: StreamHandlers): void {
    this.#handlers = handlers;
  }

  write(bytes: Uint8Array, written?: () => void): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#missing > 0) {
        const step = Math.min(this.#missing, bytes.length - at);
        this.#missing -= step;
        at += step;
      } else {
        this.#header.push(bytes[at++]);
        if (this.#header.length === HEADER_BYTES) this.#begin();
      }
    }
    written?.();
  }

  drained(): Promise<void> {
    return Promise.resolve();
  }

  pause(): void {}

  resume(): void {}

  upgradeTls(): Promise<void> {
    return Promise.reject(new InternalError('a client inside the server has no TLS'));
  }

  end(): void {
    this.destroy();
  }

  destroy(): void {
    this.#settle?.(true);
    this.#handlers?.closed(undefined);
  }

  #begin(): void {
    const [type, a, b, c, d] = this.#header;
    this.#header = [];
    this.#missing = ((a << 24) | (b << 16) | (c << 8) | d) - 4;
    if (type === ERROR) this.#failed = true;
    if (type !== READY) return;
    // The status that follows is one byte, which nobody looks at.
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.(this.#failed);
  }
}

const encoder = new TextEncoder();

function text(value: string): Uint8Array {
  return encoder.encode(value);
}

function int32(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

function int16(value: number): Uint8Array {
  return Uint8Array.of(value >>> 8, value);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function message(type: string, ...parts: readonly Uint8Array[]): Uint8Array {
  const body = joined(parts);
  return joined([text(type), int32(body.length + 4), body]);
}

export function simpleQuery(sql: string): Uint8Array {
  return message('Q', text(`${sql}\0`));
}

/** Parse to Sync, with parameters as text and results in one format. */
export function extendedQuery(
  sql: string,
  parameters: readonly string[],
  isBinary: boolean,
): Uint8Array {
  const values = parameters.flatMap((value) => [int32(text(value).length), text(value)]);
  const formats = [int16(1), int16(isBinary ? 1 : 0)];
  return joined([
    message('P', text(`\0${sql}\0`), int16(0)),
    message('B', text('\0\0'), int16(0), int16(parameters.length), ...values, ...formats),
    message('D', text('P\0')),
    message('E', text('\0'), int32(0)),
    message('S'),
  ]);
}

export function copyIn(sql: string, rows: Uint8Array): Uint8Array {
  return joined([simpleQuery(sql), message('d', rows), message('c')]);
}
