/**
 * Puts single fields into an output buffer: a length word, then the bytes. These are the leaves of the
 * row encoder's loops; none of them makes an object for the common value.
 */
import type { OutputBuffer } from './output-buffer.ts';

const ENCODER = new TextEncoder();
/** Up to this many characters a loop beats TextEncoder. */
const LOOP_CHARACTERS_MAX = 48;
const NULL_LENGTH = -1;

export function putNull(out: OutputBuffer): void {
  out.i32(NULL_LENGTH);
}

/** An integer of at most 2^53 in decimal digits. */
export function putIntegerText(out: OutputBuffer, value: number): void {
  out.ensure(24);
  const { bytes } = out;
  const start = out.length + 4;
  let at = start;
  let rest = value;
  if (rest < 0) {
    bytes[at++] = 45;
    rest = -rest;
  }
  if (rest < 1e9) {
    at = putDigits(bytes, at, rest | 0, digitCount(rest));
  } else {
    const high = Math.floor(rest / 1e9);
    at = putDigits(bytes, at, high, digitCount(high));
    at = putDigits(bytes, at, (rest - high * 1e9) | 0, 9);
  }
  out.view.setInt32(out.length, at - start);
  out.length = at;
}

/** Writes `count` digits of a number below 2^31, with leading zeros; answers the offset behind them. */
export function putDigits(bytes: Uint8Array, at: number, value: number, count: number): number {
  let rest = value;
  for (let i = at + count - 1; i >= at; i--) {
    const next = (rest / 10) | 0;
    bytes[i] = 48 + rest - next * 10;
    rest = next;
  }
  return at + count;
}

function digitCount(value: number): number {
  if (value < 1e4) return value < 100 ? (value < 10 ? 1 : 2) : value < 1000 ? 3 : 4;
  if (value < 1e7) return value < 1e6 ? (value < 1e5 ? 5 : 6) : 7;
  return value < 1e8 ? 8 : 9;
}

/** A text in UTF-8. */
export function putText(out: OutputBuffer, text: string): void {
  const { length } = text;
  out.ensure(4 + length * 3);
  const start = out.length + 4;
  const { bytes } = out;
  let at = start;
  if (length <= LOOP_CHARACTERS_MAX) {
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code >= 0x80) break;
      bytes[at++] = code;
    }
  }
  if (at - start !== length) {
    at = start + ENCODER.encodeInto(text, bytes.subarray(start)).written;
  }
  out.view.setInt32(out.length, at - start);
  out.length = at;
}

export function putBytes(out: OutputBuffer, bytes: Uint8Array): void {
  out.i32(bytes.length);
  out.raw(bytes);
}

export function putInt16(out: OutputBuffer, value: number): void {
  out.ensure(6);
  out.view.setInt32(out.length, 2);
  out.view.setInt16(out.length + 4, value);
  out.length += 6;
}

/** Four bytes, signed or unsigned. */
export function putInt32(out: OutputBuffer, value: number): void {
  out.ensure(8);
  out.view.setInt32(out.length, 4);
  out.view.setInt32(out.length + 4, value);
  out.length += 8;
}

/** Eight bytes of a safe integer. */
export function putInt64(out: OutputBuffer, value: number): void {
  const high = Math.floor(value / 4294967296);
  putTwoWords(out, high, value - high * 4294967296);
}

/** Eight bytes given as their two halves. */
export function putTwoWords(out: OutputBuffer, high: number, low: number): void {
  out.ensure(12);
  out.view.setInt32(out.length, 8);
  out.view.setInt32(out.length + 4, high);
  out.view.setUint32(out.length + 8, low);
  out.length += 12;
}

export function putFloat32(out: OutputBuffer, value: number): void {
  out.ensure(8);
  out.view.setInt32(out.length, 4);
  out.view.setFloat32(out.length + 4, value);
  out.length += 8;
}

export function putFloat64(out: OutputBuffer, value: number): void {
  out.ensure(12);
  out.view.setInt32(out.length, 8);
  out.view.setFloat64(out.length + 4, value);
  out.length += 12;
}
