/** An append-only byte buffer that grows; integers are big-endian unless the name says otherwise. */
export class ByteWriter {
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;

  /** Takes the memory to write to, or how much to begin with. */
  constructor(memory: number | Uint8Array = 256) {
    this.#bytes = typeof memory === 'number' ? new Uint8Array(memory) : memory;
    const { buffer, byteOffset, byteLength } = this.#bytes;
    this.#view = new DataView(buffer, byteOffset, byteLength);
  }

  get length(): number {
    return this.#length;
  }

  /** The bytes written so far, as a view that the next write may invalidate. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** A copy of the bytes written so far. */
  toBytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  reset(): void {
    this.#length = 0;
  }

  /**
   * Makes room for `count` bytes, advances, and returns the offset at which they start. The buffer may
   * be replaced: reserve first, then look at it.
   */
  reserve(count: number): number {
    const start = this.#length;
    const end = start + count;
    if (end > this.#bytes.length) this.#grow(end);
    this.#length = end;
    return start;
  }

  /** Makes room for `count` bytes more, so that they are written without growing again and again. */
  ensure(count: number): void {
    const end = this.#length + count;
    if (end > this.#bytes.length) this.#grow(end);
  }

  u8(value: number): void {
    const at = this.reserve(1);
    this.#bytes[at] = value;
  }

  i16(value: number): void {
    const at = this.reserve(2);
    this.#view.setInt16(at, value);
  }

  u16(value: number): void {
    const at = this.reserve(2);
    this.#view.setUint16(at, value);
  }

  i32(value: number): void {
    const at = this.reserve(4);
    this.#view.setInt32(at, value);
  }

  u32(value: number): void {
    const at = this.reserve(4);
    this.#view.setUint32(at, value);
  }

  /** A 64-bit integer from a number (safe integer) or a bigint. */
  i64(value: number | bigint): void {
    const at = this.reserve(8);
    this.#view.setBigInt64(at, BigInt(value));
  }

  f32(value: number): void {
    const at = this.reserve(4);
    this.#view.setFloat32(at, value);
  }

  f64(value: number): void {
    const at = this.reserve(8);
    this.#view.setFloat64(at, value);
  }

  bytes(value: Uint8Array): void {
    const at = this.reserve(value.length);
    this.#bytes.set(value, at);
  }

  /** `source[start, end)`, quicker than a view of it where it is short. */
  range(source: Uint8Array, start: number, end: number): void {
    const at = this.reserve(end - start);
    if (end - start > SHORT_RANGE) {
      this.#bytes.set(source.subarray(start, end), at);
      return;
    }
    const bytes = this.#bytes;
    const shift = at - start;
    for (let i = start; i < end; i++) bytes[i + shift] = source[i] as number;
  }

  /** UTF-8 without length or terminator; returns the number of bytes written. */
  utf8(text: string): number {
    if (text.length <= SHORT_TEXT && this.#ascii(text)) return text.length;
    const start = this.reserve(text.length * 3);
    const { written } = ENCODER.encodeInto(text, this.#bytes.subarray(start));
    this.#length = start + written;
    return written;
  }

  /** Letter by letter, quicker for short texts; false, and nothing written, where some are not ASCII. */
  #ascii(text: string): boolean {
    const start = this.reserve(text.length);
    const bytes = this.#bytes;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) {
        this.#length = start;
        return false;
      }
      bytes[start + i] = code;
    }
    return true;
  }

  /** UTF-8 followed by a zero byte. */
  cstring(text: string): void {
    this.utf8(text);
    this.u8(0);
  }

  /** Overwrites four bytes written before. */
  patchI32(offset: number, value: number): void {
    this.#view.setInt32(offset, value);
  }

  patchU8(offset: number, value: number): void {
    this.#bytes[offset] = value;
  }

  patchI16(offset: number, value: number): void {
    this.#view.setInt16(offset, value);
  }

  #grow(needed: number): void {
    const bytes = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    bytes.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
}

/** Letters up to which a text is written one by one. */
const SHORT_TEXT = 32;
const SHORT_RANGE = 48;
const ENCODER = new TextEncoder();
