/** Bytes of a message that may be very long: in chunks, so that nothing has to grow with all of it. */
import { ByteWriter } from '../base/byte-writer.ts';
import { dbError } from '../errors/db-error.ts';

const CHUNK_BYTES = 64 * 1024;
const PAGE_BYTES_MAX = 4 * 1024 * 1024;
/** PostgreSQL's limit of one string (MaxAllocSize). */
const BYTES_MAX = 0x3fff_ffff;

/** Where a length word stands whose value is known later. */
export interface LengthWord {
  readonly chunk: number;
  readonly offset: number;
  /** Bytes before what it counts. */
  readonly start: number;
}

export class ByteChunks {
  /** Takes the next bytes; `cut` must follow before it holds many. */
  readonly tail = new ByteWriter(CHUNK_BYTES * 2);
  readonly #chunks: Uint8Array[] = [];
  /** Where chunks are kept: where many live, each array that is made may cost V8 some milliseconds of marking. */
  #page = new ArrayBuffer(0);
  #pageUsed = 0;
  #bytes = 0;

  get length(): number {
    return this.#bytes + this.tail.length;
  }

  /** Ends the chunk at hand where it is long enough; true where it did. */
  cut(): boolean {
    if (this.tail.length < CHUNK_BYTES) return false;
    const { length } = this.tail;
    if (this.length > BYTES_MAX) {
      throw dbError('program_limit_exceeded', {
        message: 'out of memory',
        detail: `Cannot enlarge string buffer containing ${this.#bytes} bytes by ${length} more bytes.`,
      });
    }
    this.#end();
    return true;
  }

  /** UTF-8 of a text that is not long. */
  utf8(text: string): void {
    this.tail.utf8(text);
    this.cut();
  }

  /** Makes room for the length of what follows. */
  begin(): LengthWord {
    const offset = this.tail.reserve(4);
    return { chunk: this.#chunks.length, offset, start: this.length };
  }

  /** Sets the length to the bytes since `begin`, and some more. */
  end({ chunk, offset, start }: LengthWord, more = 0): void {
    const value = this.length - start + more;
    const bytes = this.#chunks[chunk];
    if (bytes === undefined) this.tail.patchI32(offset, value);
    else new DataView(bytes.buffer, bytes.byteOffset).setInt32(offset, value);
  }

  /** All chunks; nothing may be written afterwards. */
  finish(): readonly Uint8Array[] {
    if (this.tail.length > 0) this.#end();
    return this.#chunks;
  }

  #end(): void {
    const { length } = this.tail;
    if (this.#pageUsed + length > this.#page.byteLength) {
      this.#page = new ArrayBuffer(Math.max(length, Math.min(this.#bytes, PAGE_BYTES_MAX)));
      this.#pageUsed = 0;
    }
    const chunk = new Uint8Array(this.#page, this.#pageUsed, length);
    chunk.set(this.tail.view());
    this.#chunks.push(chunk);
    this.#pageUsed += length;
    this.#bytes += length;
    this.tail.reset();
  }
}
