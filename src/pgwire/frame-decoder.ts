/**
 * Bytes in, frames out; the borders of the incoming chunks mean nothing. Every length is checked before
 * a byte is kept for it, and the memory held for an unfinished message grows with the bytes that really
 * came, not with the length that the client claims.
 *
 * CopyData is special: payloads are handed on as they arrive, unfinished ones too, and neighbours in one
 * chunk are moved together into one frame, so that a client which sends a message per row costs a copy
 * of its bytes and nothing per row. CopyData has no meaningful borders.
 */
import { fatalError } from '../errors/db-error.ts';
import {
  authenticationLengthMax,
  FRONTEND,
  messageLengthMax,
  STARTUP_LENGTH_MAX,
} from './message-types.ts';

export interface Frame {
  /** 0 for a startup packet. */
  readonly type: number;
  /** Without type and length. A view of the chunk it came in where possible. */
  readonly payload: Uint8Array;
}

export type DecoderMode = 'startup' | 'authentication' | 'messages';

const EMPTY = new Uint8Array(0);
/** What is taken at once for a message that claims to be larger. */
const FIRST_ALLOCATION = 256 * 1024;

export class FrameDecoder {
  mode: DecoderMode = 'startup';
  #chunk: Uint8Array = EMPTY;
  #at = 0;
  /** Header bytes of the message at hand that came so far. */
  readonly #header = new Uint8Array(5);
  #headerLength = 0;
  /** Payload bytes of the message at hand, where a chunk ended inside it. */
  #partial: Uint8Array | undefined;
  #partialLength = 0;
  /** Total payload bytes of the message at hand; -1 while its header is unfinished. */
  #payloadLength = -1;
  /** Bytes of a CopyData message that are still to come. */
  #copyRemaining = 0;

  /** Bytes that came and do not belong to a frame handed out so far. */
  get bufferedBytes(): number {
    return this.#chunk.length - this.#at + this.#headerLength + this.#partialLength;
  }

  /** Gives the decoder the next bytes; all frames of the bytes before must have been taken. */
  push(chunk: Uint8Array): void {
    if (this.#at < this.#chunk.length) {
      const joined = new Uint8Array(this.#chunk.length - this.#at + chunk.length);
      joined.set(this.#chunk.subarray(this.#at));
      joined.set(chunk, this.#chunk.length - this.#at);
      chunk = joined;
    }
    this.#chunk = chunk;
    this.#at = 0;
  }

  /** The next frame, or undefined when more bytes are needed. Throws a FATAL error for a bad header. */
  next(): Frame | undefined {
    if (this.#copyRemaining > 0) return this.#copyData();
    if (this.#payloadLength < 0 && !this.#readHeader()) return undefined;
    const type = this.mode === 'startup' ? 0 : (this.#header[0] as number);
    if (type === FRONTEND.copyData) {
      this.#copyRemaining = this.#payloadLength;
      this.#finishMessage();
      return this.#copyRemaining === 0 ? { type, payload: EMPTY } : this.#copyData();
    }
    const payload = this.#readPayload();
    if (payload === undefined) return undefined;
    this.#finishMessage();
    return { type, payload };
  }

  #finishMessage(): void {
    this.#headerLength = 0;
    this.#payloadLength = -1;
    this.#partial = undefined;
    this.#partialLength = 0;
  }

  #readHeader(): boolean {
    const size = this.mode === 'startup' ? 4 : 5;
    while (this.#headerLength < size) {
      if (this.#at === this.#chunk.length) {
        this.#chunk = EMPTY;
        this.#at = 0;
        return false;
      }
      this.#header[this.#headerLength++] = this.#chunk[this.#at++] as number;
      // An unknown type is refused before its length is waited for.
      if (this.#headerLength === 1 && size === 5) this.#lengthMax();
    }
    const length = readInt32(this.#header, size - 4);
    if (length < 4 || length > this.#lengthMax()) throw this.#badLength();
    this.#payloadLength = length - 4;
    return true;
  }

  #lengthMax(): number {
    if (this.mode === 'startup') return STARTUP_LENGTH_MAX;
    const type = this.#header[0] as number;
    if (this.mode === 'authentication') {
      const max = authenticationLengthMax(type);
      if (max !== undefined) return max;
      throw fatalError('protocol_violation', {
        message: `expected SASL response, got message type ${type}`,
      });
    }
    const max = messageLengthMax(type);
    if (max !== undefined) return max;
    throw fatalError('protocol_violation', { message: `invalid frontend message type ${type}` });
  }

  #badLength(): Error {
    return fatalError('protocol_violation', {
      message:
        this.mode === 'startup' ? 'invalid length of startup packet' : 'invalid message length',
    });
  }

  #readPayload(): Uint8Array | undefined {
    const missing = this.#payloadLength - this.#partialLength;
    const available = this.#chunk.length - this.#at;
    if (this.#partial === undefined && available >= missing) {
      const payload = this.#chunk.subarray(this.#at, this.#at + missing);
      this.#at += missing;
      return payload;
    }
    const count = Math.min(missing, available);
    const partial = this.#growPartial(count);
    partial.set(this.#chunk.subarray(this.#at, this.#at + count), this.#partialLength);
    this.#partialLength += count;
    this.#at += count;
    if (count === missing) return partial.subarray(0, this.#payloadLength);
    this.#chunk = EMPTY;
    this.#at = 0;
    return undefined;
  }

  #growPartial(count: number): Uint8Array {
    const needed = this.#partialLength + count;
    if (this.#partial !== undefined && this.#partial.length >= needed) return this.#partial;
    const wanted = Math.max(needed, this.#partialLength * 2, FIRST_ALLOCATION);
    const grown = new Uint8Array(Math.min(wanted, this.#payloadLength));
    if (this.#partial !== undefined) grown.set(this.#partial.subarray(0, this.#partialLength));
    this.#partial = grown;
    return grown;
  }

  /** What the chunk holds of this CopyData message and of those that follow it directly. */
  #copyData(): Frame | undefined {
    const chunk = this.#chunk;
    const start = this.#at;
    if (start === chunk.length) {
      this.#chunk = EMPTY;
      this.#at = 0;
      return undefined;
    }
    let end = Math.min(chunk.length, start + this.#copyRemaining);
    this.#copyRemaining -= end - start;
    this.#at = end;
    while (this.#copyRemaining === 0) {
      const at = this.#at;
      if (at + 5 > chunk.length || chunk[at] !== FRONTEND.copyData) break;
      const length = readInt32(chunk, at + 1);
      // The ordinary path reports a bad length.
      if (length < 4 || length > (messageLengthMax(FRONTEND.copyData) as number)) break;
      const payloadEnd = Math.min(chunk.length, at + 1 + length);
      chunk.copyWithin(end, at + 5, payloadEnd);
      end += payloadEnd - (at + 5);
      this.#copyRemaining = at + 1 + length - payloadEnd;
      this.#at = payloadEnd;
    }
    return { type: FRONTEND.copyData, payload: chunk.subarray(start, end) };
  }
}

function readInt32(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  );
}
