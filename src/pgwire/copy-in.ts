/** COPY FROM STDIN: the client's CopyData payloads as the session reads them. */
import { dbError, fatalError } from '../errors/db-error.ts';
import type { Frame } from './frame-decoder.ts';
import type { FrameSource } from './frame-source.ts';
import { readQuery } from './frontend-messages.ts';
import { FRONTEND } from './message-types.ts';

type Step = IteratorResult<Uint8Array, undefined>;

const DONE: Step = { done: true, value: undefined };

/**
 * Payloads up to CopyDone, one per chunk that arrived. A copy that the session leaves early needs no
 * clean-up: copy messages outside a copy are ignored, as the protocol demands.
 */
export class CopyIn implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array, undefined> {
  readonly #source: FrameSource;
  /** Called before a wait for the client. */
  readonly #idle: () => void;
  #done = false;

  constructor(source: FrameSource, idle: () => void) {
    this.#source = source;
    this.#idle = idle;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<Step> {
    while (!this.#done) {
      const here = this.#source.take();
      if (here === undefined) this.#idle();
      const frame = here ?? (await this.#source.next());
      const step = this.#step(frame);
      if (step !== undefined) return step;
    }
    return DONE;
  }

  async return(): Promise<Step> {
    this.#done = true;
    return DONE;
  }

  #step(frame: Frame | undefined): Step | undefined {
    switch (frame?.type) {
      case FRONTEND.copyData:
        return frame.payload.length === 0 ? undefined : { done: false, value: frame.payload };
      // A client may send these before it sees that its statement was a COPY.
      case FRONTEND.flush:
      case FRONTEND.sync:
        return undefined;
      case FRONTEND.copyDone:
        this.#done = true;
        return DONE;
      case FRONTEND.copyFail:
        this.#done = true;
        throw dbError('query_canceled', `COPY from stdin failed: ${readQuery(frame.payload)}`);
      case undefined:
        this.#done = true;
        throw fatalError(
          'connection_failure',
          'unexpected EOF on client connection with an open transaction',
        );
      default: {
        this.#done = true;
        const type = (frame as Frame).type.toString(16).toUpperCase().padStart(2, '0');
        throw fatalError(
          'protocol_violation',
          `unexpected message type 0x${type} during COPY from stdin`,
        );
      }
    }
  }
}
