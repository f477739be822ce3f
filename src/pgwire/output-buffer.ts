/**
 * Where backend messages are put together before they go to the socket. The bytes come from a pool that
 * all connections share: a connection holds a buffer only from the first byte it writes to the flush
 * that follows. They lie in the kernels' memory, where kernels write rows to.
 */
import { kernelViews, tryAllocate, type KernelBlock } from '../kernels/memory.ts';
import { SLACK_BYTES } from '../kernels/output-kernels.ts';
import type { MessageTarget } from '../vector/output/message-target.ts';

/** Buffers are handed to the socket when they hold this much. */
export const FLUSH_BYTES = 64 * 1024;
/** Many rows are written in one step past the flush mark. */
const BUFFER_BYTES = 256 * 1024;
/** Below this a copy is cheaper than a buffer tied up until the socket has taken it. */
const COPY_BYTES = 4 * 1024;
const POOLED_BUFFERS_MAX = 32;

/** Memory for messages, and how it is looked at. */
interface PooledBuffer {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** undefined where it is no kernels' memory: for what is larger, or where that has no place. */
  readonly block: KernelBlock | undefined;
}

const pool: PooledBuffer[] = [];

const EMPTY = bufferOf(new ArrayBuffer(0));
const ENCODER = new TextEncoder();

/** Takes finished bytes; they stay unchanged until `written` is called. */
export type Transport = (bytes: Uint8Array, written?: () => void) => void;

export class OutputBuffer implements MessageTarget {
  /** The fields are open to the row encoder: it writes between `length` and what `reserve` ensured. */
  bytes = EMPTY.bytes;
  view = EMPTY.view;
  length = 0;
  readonly #transport: Transport;
  #buffer = EMPTY;
  #messageStart = -1;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  get address(): number {
    return this.#buffer.block?.pointer ?? 0;
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
        ? (pool.pop() ?? newBuffer())
        : bufferOf(new ArrayBuffer(Math.max(needed, this.bytes.length * 2)));
    buffer.bytes.set(this.bytes.subarray(0, this.length));
    giveBack(this.#buffer);
    this.#take(buffer);
  }

  #take(buffer: PooledBuffer): void {
    this.#buffer = buffer;
    this.bytes = buffer.bytes;
    this.view = buffer.view;
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
    const buffer = this.#buffer;
    this.#take(EMPTY);
    this.#transport(bytes.subarray(0, length), () => giveBack(buffer));
  }

  /** Gives the buffer back while the connection waits for its client. */
  release(): void {
    if (this.length > 0 || this.bytes.length === 0) return;
    giveBack(this.#buffer);
    this.#take(EMPTY);
  }
}

function newBuffer(): PooledBuffer {
  const block = tryAllocate(BUFFER_BYTES + SLACK_BYTES);
  if (block === undefined) return bufferOf(new ArrayBuffer(BUFFER_BYTES));
  // Memory that grows stays where it is for those who saw it before.
  const { buffer } = kernelViews().u8;
  const bytes = new Uint8Array(buffer, block.pointer, BUFFER_BYTES);
  return { bytes, view: new DataView(buffer, block.pointer, BUFFER_BYTES), block };
}

function bufferOf(memory: ArrayBuffer): PooledBuffer {
  return { bytes: new Uint8Array(memory), view: new DataView(memory), block: undefined };
}

function giveBack(buffer: PooledBuffer): void {
  if (buffer.bytes.length !== BUFFER_BYTES || pool.length >= POOLED_BUFFERS_MAX) return;
  pool.push(buffer);
}
