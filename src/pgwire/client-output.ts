/**
 * The way to one client: messages gather in a buffer and go to the stream when it is full, when the
 * connection is about to wait, or at the end of the event loop's turn.
 */
import type { Timers } from '../base/env.ts';
import { fatalError } from '../errors/db-error.ts';
import type { ByteStream } from '../platform/network.ts';
import { FLUSH_BYTES, OutputBuffer } from './output-buffer.ts';

/** How long a client may take to read when its connection is told to end. */
const LAST_READ_MS = 5_000;
/** Bytes that a slow client may leave lying in our memory before its statement has to wait. */
const PENDING_BYTES_MAX = 1024 * 1024;
/** Bytes that a fast client may take in one turn of the event loop. */
const TURN_BYTES = 1024 * 1024;

export class ClientOutput {
  readonly buffer: OutputBuffer;
  readonly #stream: ByteStream;
  readonly #timers: Timers;
  #due = false;
  #scheduled = false;
  #lost = false;

  constructor(stream: ByteStream, timers: Timers) {
    this.#stream = stream;
    this.#timers = timers;
    this.buffer = new OutputBuffer((bytes, written) => stream.write(bytes, written));
  }

  /** The protocol wants what was written so far to leave now; it goes when the connection waits. */
  flushSoon(): void {
    this.#due = true;
  }

  /** The same while a statement runs on: it goes at the end of this turn of the event loop. */
  flushThisTurn(): void {
    this.#due = true;
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#timers.soon(() => {
      this.#scheduled = false;
      this.flushDue();
    });
  }

  /** Sends what a message said must leave. */
  flushDue(): void {
    if (!this.#due) return;
    this.flush();
  }

  flush(): void {
    this.#due = false;
    this.buffer.flush();
  }

  /** Before a wait for the client: sends what is due and gives an empty buffer back. */
  idle(): void {
    this.flushDue();
    this.buffer.release();
  }

  /** Sends a full buffer; answers a promise when the client is too slow to go on. */
  pace(): void | Promise<void> {
    if (this.buffer.length >= FLUSH_BYTES) this.flush();
    if (this.#lost) throw connectionLost();
    if (this.#stream.pendingBytes > PENDING_BYTES_MAX) return this.#drained();
  }

  /** Sends long pieces; they are one message, so that nothing but the end of the connection stops it. */
  async send(pieces: Iterable<Uint8Array>): Promise<void> {
    let sent = 0;
    for (const piece of pieces) {
      this.buffer.raw(piece);
      const wait = this.pace();
      sent += piece.length;
      if (wait !== undefined) await wait;
      else if (sent < TURN_BYTES) continue;
      else await this.#timers.yield();
      sent = 0;
    }
  }

  /** The connection is to end: a client that does not read holds it up for a while only. */
  giveUpSoon(): void {
    this.#timers.after(LAST_READ_MS, () => this.#stream.destroy());
  }

  /** Nobody reads any more: whoever writes next is stopped. */
  lose(): void {
    this.#lost = true;
  }

  async #drained(): Promise<void> {
    await this.#stream.drained();
    if (this.#lost) throw connectionLost();
  }
}

function connectionLost(): Error {
  return fatalError('connection_failure', 'connection to client lost');
}
