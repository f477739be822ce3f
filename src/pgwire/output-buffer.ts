/**
 * Where backend messages are put together before they go to the socket. The bytes come from a pool that
 * all connections share: a connection holds a buffer only from the first byte it writes to the flush
 * that follows.
 */
import type { MessageTarget } from '../vector/output/message-target.ts';

/** Buffers are handed to the socket when they hold this much. */
export const FLUSH_BYTES = 64 * 1024;
/** Many rows are written in one step past the flush mark. */
const BUFFER_BYTES = 256 * 1024;
/** Below this a copy is cheaper than a buffer tied up until the socket has taken it. */
const COPY_BYTES = 4 * 1024;
const POOLED_BUFFERS_MAX = 32;

const pool: ArrayBuffer[] = [];

const EMPTY = new Uint8Array(0);
const EMPTY_VIEW = new DataView(new ArrayBuffer(0));
const ENCODER = new TextEncoder();

/** Takes finished bytes; they stay unchanged until `written` is called. */
export type Transport = (bytes: Uint8Array, written?: () => void) => void;

export class OutputBuffer implements MessageTarget {
  /** The fields are open to the row encoder: it writes between `length` and what `reserve` ensured. */
  bytes: Uint8Array = EMPTY;
  view: DataView = EMPTY_VIEW;
  length = 0;
  readonly #transport: Transport;
  #messageStart = -1;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  get room(): number {
    return this.length >= FLUSH_BYTES ? 0 : BUFFER_BYTES - this.length;
  }

  /** Makes sure that `count` bytes can be written from `length` on. */
  ensure(count: number): void {
    if (this.length + count > this.bytes.length) this.#grow(this.length + count);
  }

  #grow(needed: number): void {
    const buffer =
      needed <= BUFFER_BYTES
        ? (pool.pop() ?? new ArrayBuffer(BUFFER_BYTES))
        : new ArrayBuffer(Math.max(needed, this.bytes.length * 2));
    const bytes = new Uint8Array(buffer);
    bytes.set(this.bytes.subarray(0, this.length));
    giveBack(this.bytes);
    this.bytes = bytes;
    this.view = new DataView(buffer);
  }

  /** Starts a message; `finish` fills in its length. */
  begin(type: number): void {
    this.ensure(5);
    this.#messageStart = this.length;
    this.bytes[this.length] = type;
    this.length += 5;
  }

  finish(): void {
    this.view.setInt32(this.#messageStart + 1, this.length - this.#messageStart - 1);
    this.#messageStart = -1;
  }

  /** Takes back a message that was begun and cannot be finished. */
  abandon(): void {
    if (this.#messageStart >= 0) this.length = this.#messageStart;
    this.#messageStart = -1;
  }

  u8(value: number): void {
    this.ensure(1);
    this.bytes[this.length++] = value;
  }

  i16(value: number): void {
    this.ensure(2);
    this.view.setInt16(this.length, value);
    this.length += 2;
  }

  i32(value: number): void {
    this.ensure(4);
    this.view.setInt32(this.length, value);
    this.length += 4;
  }

  raw(bytes: Uint8Array): void {
    this.ensure(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** UTF-8 without terminator. */
  utf8(text: string): void {
    this.ensure(text.length * 3);
    this.length += ENCODER.encodeInto(text, this.bytes.subarray(this.length)).written;
  }

  /** UTF-8 with its terminator; a zero inside the text would end it early and is left out. */
  cstring(text: string): void {
    this.utf8(text.includes('\0') ? text.replaceAll('\0', '') : text);
    this.u8(0);
  }

  /** Hands over everything written so far. */
  flush(): void {
    const { bytes, length } = this;
    if (length === 0) return;
    this.length = 0;
    if (length <= COPY_BYTES) {
      this.#transport(bytes.slice(0, length));
      // The buffer stays with a connection that is busy; `release` gives it back.
      return;
    }
    this.bytes = EMPTY;
    this.view = EMPTY_VIEW;
    this.#transport(bytes.subarray(0, length), () => giveBack(bytes));
  }

  /** Gives the buffer back while the connection waits for its client. */
  release(): void {
    if (this.length > 0 || this.bytes.length === 0) return;
    giveBack(this.bytes);
    this.bytes = EMPTY;
    this.view = EMPTY_VIEW;
  }
}

function giveBack(bytes: Uint8Array): void {
  if (bytes.byteLength !== BUFFER_BYTES || pool.length >= POOLED_BUFFERS_MAX) return;
  pool.push(bytes.buffer as ArrayBuffer);
}
