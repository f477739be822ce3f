/** A cursor over bytes that never reads past the end; integers are big-endian. */
export class ByteReader {
  readonly bytes: Uint8Array;
  /** Made when it is asked for: a view costs as much as reading a short array. */
  #view: DataView | undefined;
  offset: number;
  /** Where reading ends; who reads a part that ends by itself may set it for as long. */
  end: number;

  constructor(bytes: Uint8Array, offset = 0, end = bytes.length) {
    this.bytes = bytes;
    this.offset = offset;
    this.end = end;
  }

  get remaining(): number {
    return this.end - this.offset;
  }

  u8(): number {
    return this.bytes[this.#take(1)] as number;
  }

  i16(): number {
    return (this.u16() << 16) >> 16;
  }

  u16(): number {
    const at = this.#take(2);
    const { bytes } = this;
    return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
  }

  i32(): number {
    const at = this.#take(4);
    const { bytes } = this;
    return (
      ((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number)
    );
  }

  u32(): number {
    return this.i32() >>> 0;
  }

  i64(): bigint {
    const at = this.#take(8);
    return this.#asView().getBigInt64(at);
  }

  f32(): number {
    const at = this.#take(4);
    return this.#asView().getFloat32(at);
  }

  f64(): number {
    const at = this.#take(8);
    return this.#asView().getFloat64(at);
  }

  /** A view of the next `length` bytes. */
  take(length: number): Uint8Array {
    const start = this.#take(length);
    return this.bytes.subarray(start, start + length);
  }

  skip(length: number): void {
    this.#take(length);
  }

  /** Strict UTF-8; throws TypeError on invalid bytes. */
  utf8(length: number): string {
    return DECODER.decode(this.take(length));
  }

  /** UTF-8 up to a zero byte, which is consumed. */
  cstring(): string {
    const zero = this.bytes.indexOf(0, this.offset);
    if (zero < 0 || zero >= this.end) throw new ByteRangeError('no terminator');
    const text = DECODER.decode(this.bytes.subarray(this.offset, zero));
    this.offset = zero + 1;
    return text;
  }

  #asView(): DataView {
    const { buffer, byteOffset, byteLength } = this.bytes;
    return (this.#view ??= new DataView(buffer, byteOffset, byteLength));
  }

  #take(length: number): number {
    const start = this.offset;
    if (length < 0 || start + length > this.end) throw new ByteRangeError('read past the end');
    this.offset = start + length;
    return start;
  }
}

/** A message or block was shorter than its own lengths say. */
export class ByteRangeError extends RangeError {
  override name = 'ByteRangeError';
}

const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
