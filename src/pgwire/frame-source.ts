/**
 * Frames of one stream, pulled one at a time. What arrives while nobody pulls waits in a queue; above
 * a mark the stream is paused, so a client cannot fill the memory faster than it is served.
 */
import type { ByteStream, StreamHandlers } from '../platform/network.ts';
import { FrameDecoder, type DecoderMode, type Frame } from './frame-decoder.ts';

/** Bytes that may wait before the stream is paused, and where it goes on. */
const PAUSE_BYTES = 1024 * 1024;
const RESUME_BYTES = 256 * 1024;

export class FrameSource {
  readonly #stream: ByteStream;
  readonly #decoder = new FrameDecoder();
  /** Chunks not given to the decoder yet, from `#first` on. */
  #chunks: Uint8Array[] = [];
  #first = 0;
  #queuedBytes = 0;
  #paused = false;
  #ended = false;
  #wake: (() => void) | undefined;
  #received = 0;

  constructor(stream: ByteStream) {
    this.#stream = stream;
  }

  set mode(mode: DecoderMode) {
    this.#decoder.mode = mode;
  }

  get mode(): DecoderMode {
    return this.#decoder.mode;
  }

  /** True while a caller of `next` waits for the client. */
  get isWaiting(): boolean {
    return this.#wake !== undefined;
  }

  /** Frames pulled so far. */
  get received(): number {
    return this.#received;
  }

  /** Bytes that came and belong to no frame pulled so far. */
  get bufferedBytes(): number {
    return this.#queuedBytes + this.#decoder.bufferedBytes;
  }

  /** Attaches to the stream; `closed` is told when the stream is gone. */
  attach(closed: (error: Error | undefined) => void): void {
    const handlers: StreamHandlers = {
      data: (bytes) => this.#arrived(bytes),
      end: () => this.end(),
      closed: (error) => {
        this.end();
        closed(error);
      },
    };
    this.#stream.attach(handlers);
  }

  /** The next frame, or undefined when the client sends no more. Throws for a malformed header. */
  async next(): Promise<Frame | undefined> {
    for (;;) {
      const frame = this.take();
      if (frame !== undefined) return frame;
      if (this.#ended) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** The next frame if it is here already. */
  take(): Frame | undefined {
    for (;;) {
      const frame = this.#decoder.next();
      if (frame !== undefined) {
        this.#received++;
        return frame;
      }
      const chunk = this.#chunks[this.#first];
      if (chunk === undefined) return undefined;
      this.#first++;
      if (this.#first === this.#chunks.length) {
        this.#chunks = [];
        this.#first = 0;
      }
      this.#queuedBytes -= chunk.length;
      this.#decoder.push(chunk);
      if (this.#paused && this.#queuedBytes <= RESUME_BYTES) {
        this.#paused = false;
        this.#stream.resume();
      }
    }
  }

  /** Nothing more is read: who waits for a frame gets undefined. */
  end(): void {
    this.#ended = true;
    this.#wakeUp();
  }

  /** Forgets what waits, and everything that still comes. */
  discard(): void {
    this.end();
    this.#chunks = [];
    this.#first = 0;
    this.#queuedBytes = 0;
    if (this.#paused) this.#stream.resume();
    this.#paused = false;
  }

  #arrived(bytes: Uint8Array): void {
    if (this.#ended) return;
    this.#chunks.push(bytes);
    this.#queuedBytes += bytes.length;
    if (!this.#paused && this.#queuedBytes > PAUSE_BYTES) {
      this.#paused = true;
      this.#stream.pause();
    }
    this.#wakeUp();
  }

  #wakeUp(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
