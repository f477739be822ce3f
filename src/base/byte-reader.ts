/** A cursor over bytes that never reads past the end; integers are big-endian. */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  offset: number;
  /** Where reading ends; who reads a part that ends by itself may set it for as long. */
  end: number;

  constructor(bytes: Uint8Array, offset = 0, end = bytes.length) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
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
    return this.#view.getInt16(this.#take(2));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2));
  }

  i32(): number {
    return this.#view.getInt32(this.#take(4));
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4));
  }

  i64(): bigint {
    return this.#view.getBigInt64(this.#take(8));
  }

  f32(): number {
    return this.#view.getFloat32(this.#take(4));
  }

  f64(): number {
    return this.#view.getFloat64(this.#take(8));
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
