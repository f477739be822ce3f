/** Little-endian reading and writing with whole typed arrays at once. */
import { ByteRangeError } from '../../base/byte-reader.ts';
import { copyBytes } from '../../vector/text-pages.ts';

type NumberArray = Uint8Array | Uint16Array | Uint32Array | Int32Array | Float64Array;

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export class BytesWriter {
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;

  /** Takes the memory to write to, or how much to begin with. */
  constructor(memory: number | Uint8Array = 1024) {
    this.#bytes = typeof memory === 'number' ? new Uint8Array(memory) : memory;
    const { buffer, byteOffset, byteLength } = this.#bytes;
    this.#view = new DataView(buffer, byteOffset, byteLength);
  }

  get length(): number {
    return this.#length;
  }

  /** The bytes so far; the writer must not be used any more. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  u8(value: number): void {
    const at = this.#reserve(1);
    this.#bytes[at] = value;
  }

  u16(value: number): void {
    const at = this.#reserve(2);
    this.#view.setUint16(at, value, true);
  }

  u32(value: number): void {
    const at = this.#reserve(4);
    this.#view.setUint32(at, value, true);
  }

  i32(value: number): void {
    const at = this.#reserve(4);
    this.#view.setInt32(at, value, true);
  }

  f64(value: number): void {
    const at = this.#reserve(8);
    this.#view.setFloat64(at, value, true);
  }

  /** Bytes, or as many numbers, which are below 256. */
  bytes(value: Uint8Array | Int32Array): void {
    const at = this.#reserve(value.length);
    this.#bytes.set(value, at);
  }

  array(values: NumberArray): void {
    this.bytes(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }

  floats(values: Float64Array, length: number): void {
    this.array(values.subarray(0, length));
  }

  /** UTF-8 behind its length. */
  text(text: string): void {
    const at = this.#reserve(4 + text.length * 3);
    const { written } = ENCODER.encodeInto(text, this.#bytes.subarray(at + 4));
    this.#view.setUint32(at, written, true);
    this.#length = at + 4 + written;
  }

  /** Makes room for bytes to come. */
  reserve(count: number): void {
    const { length } = this;
    this.#reserve(count);
    this.#length = length;
  }

  /** Makes room for bytes that `write` puts into the view from an offset on; it returns their end. */
  fill(room: number, write: (view: DataView, at: number) => number): void {
    const at = this.#reserve(room);
    this.#length = write(this.#view, at);
  }

  /** What `text` writes of a string in UTF-8. */
  textBytes(bytes: Uint8Array, start: number, end: number): void {
    const at = this.#reserve(4 + end - start);
    this.#view.setUint32(at, end - start, true);
    copyBytes(bytes, start, end, this.#bytes, at + 4);
  }

  /** Overwrites four bytes written before. */
  patchU32(at: number, value: number): void {
    this.#view.setUint32(at, value, true);
  }

  #reserve(count: number): number {
    const start = this.#length;
    const end = start + count;
    if (end > this.#bytes.length) {
      const bytes = new Uint8Array(Math.max(end, this.#bytes.length * 2));
      bytes.set(this.#bytes.subarray(0, start));
      this.#bytes = bytes;
      this.#view = new DataView(bytes.buffer);
    }
    this.#length = end;
    return start;
  }
}

export class BytesReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #offset: number;
  readonly #end: number;

  constructor(bytes: Uint8Array, offset = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#offset = offset;
    this.#end = end;
  }

  get offset(): number {
    return this.#offset;
  }

  get remaining(): number {
    return this.#end - this.#offset;
  }

  u8(): number {
    return this.#bytes[this.#take(1)];
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  i32(): number {
    return this.#view.getInt32(this.#take(4), true);
  }

  f64(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  /** Passes over bytes; throws where there are fewer. */
  skip(length: number): void {
    this.#take(length);
  }

  /** A view of the next bytes. */
  bytes(length: number): Uint8Array {
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  u16s(length: number): Uint16Array {
    return new Uint16Array(this.#aligned(length * 2), 0, length);
  }

  u32s(length: number): Uint32Array {
    return new Uint32Array(this.#aligned(length * 4), 0, length);
  }

  i32s(length: number): Int32Array {
    return new Int32Array(this.#aligned(length * 4), 0, length);
  }

  floats(length: number): Float64Array {
    return new Float64Array(this.#aligned(length * 8), 0, length);
  }

  text(): string {
    return DECODER.decode(this.bytes(this.u32()));
  }

  /** So many strings, each as `text` reads it: where each begins with its length in `bytes`, and the end. */
  texts(count: number): { readonly bytes: Uint8Array; readonly starts: Uint32Array } {
    const start = this.#offset;
    const starts = new Uint32Array(count + 1);
    for (let i = 0; i < count; i++) {
      starts[i] = this.#offset - start;
      this.skip(this.u32());
    }
    starts[count] = this.#offset - start;
    return { bytes: this.#bytes.subarray(start, this.#offset), starts };
  }

  #aligned(byteLength: number): ArrayBuffer {
    return new Uint8Array(this.bytes(byteLength)).buffer;
  }

  #take(length: number): number {
    const start = this.#offset;
    if (start + length > this.#end) throw new ByteRangeError('read past the end');
    this.#offset = start + length;
    return start;
  }
}
