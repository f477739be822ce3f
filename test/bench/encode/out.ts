/** A growing buffer and the few ways the encoders write into it, without a string for each value. */
import type { Dictionary } from '../data/dataset.ts';

export class Out {
  buffer: Buffer;
  view: DataView;
  at = 0;

  constructor(bytes = 1 << 20) {
    this.buffer = Buffer.allocUnsafe(bytes);
    this.view = new DataView(this.buffer.buffer, this.buffer.byteOffset, this.buffer.length);
  }

  /** Makes room for so many bytes more. */
  reserve(bytes: number): void {
    if (this.at + bytes <= this.buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.at + bytes));
    this.buffer.copy(grown, 0, 0, this.at);
    this.buffer = grown;
    this.view = new DataView(grown.buffer, grown.byteOffset, grown.length);
  }

  byte(value: number): void {
    this.buffer[this.at++] = value;
  }

  ascii(text: string): void {
    for (let i = 0; i < text.length; i++) this.buffer[this.at++] = text.charCodeAt(i);
  }

  bytes(source: Uint8Array, from: number, to: number): void {
    const target = this.buffer;
    let at = this.at;
    if (to - from > 64) {
      target.set(source.subarray(from, to), at);
      this.at = at + to - from;
      return;
    }
    for (let i = from; i < to; i++) target[at++] = source[i];
    this.at = at;
  }

  /** A whole number up to 2^53 in digits. */
  whole(value: number): void {
    if (value < 0) {
      this.byte(0x2d);
      value = -value;
    }
    if (value < 10) {
      this.byte(0x30 + value);
      return;
    }
    if (value >= 1e9) {
      const high = Math.floor(value / 1e9);
      this.whole(high);
      this.padded(value - high * 1e9, 9);
      return;
    }
    this.padded(value, digitsOf(value));
  }

  /** `digits` digits with leading zeros. */
  padded(value: number, digits: number): void {
    let rest = value | 0;
    for (let i = this.at + digits - 1; i >= this.at; i--) {
      const next = (rest / 10) | 0;
      this.buffer[i] = 0x30 + rest - next * 10;
      rest = next;
    }
    this.at += digits;
  }

  /** A number that has at most `decimals` digits after the point; any number where that is unknown. */
  decimal(value: number, decimals: number | undefined): void {
    if (decimals === 0) return this.whole(value);
    if (decimals === undefined) return this.ascii(String(value));
    const factor = 10 ** decimals;
    const scaled = Math.round(Math.abs(value) * factor);
    const before = Math.floor(scaled / factor);
    if (value < 0 && scaled > 0) this.byte(0x2d);
    this.whole(before);
    this.byte(0x2e);
    this.padded(scaled - before * factor, decimals);
  }
}

function digitsOf(value: number): number {
  let digits = 1;
  for (let limit = 10; limit <= value; limit *= 10) digits++;
  return digits;
}

/** A dictionary's words as bytes, one after another. */
export interface EncodedWords {
  readonly bytes: Uint8Array;
  readonly offsets: Int32Array;
  readonly longest: number;
}

/** Encodes each dictionary once, by a form's own rules of quoting. */
export function wordEncoder(quote: (word: string) => string): (d: Dictionary) => EncodedWords {
  const known = new WeakMap<Dictionary, EncodedWords>();
  return (dictionary) => {
    const found = known.get(dictionary);
    if (found !== undefined) return found;
    const parts = dictionary.words.map((word) => Buffer.from(quote(word)));
    const offsets = new Int32Array(parts.length + 1);
    parts.forEach((part, i) => (offsets[i + 1] = offsets[i] + part.length));
    const longest = parts.reduce((most, part) => Math.max(most, part.length), 0);
    const encoded = { bytes: Buffer.concat(parts), offsets, longest };
    known.set(dictionary, encoded);
    return encoded;
  };
}
