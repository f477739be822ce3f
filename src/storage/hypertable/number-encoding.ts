/**
 * Dense encodings of up to 1,024 numbers, chosen by exact size. Every double comes back bit for bit:
 * what does not fit a scheme is kept as it is, among the exceptions or raw.
 *
 * A vector is one byte of scheme, one byte of decimal places (0 for whole numbers), then with places
 * the exceptions to them, then the scheme's own bytes. docs/format/segment.md has the layout.
 */
import type { BytesReader, BytesWriter } from './bytes-io.ts';
import { packBits, unpackBits, wordsFor } from './bit-packing.ts';

const CONSTANT = 0;
const RAW = 1;
const OFFSETS = 2;
const DELTAS = 3;
const RUNS = 4;

/** Whole numbers up to here have exact differences. */
const WHOLE_MAX = 2 ** 52;
/** Residuals of deltas from here on are exceptions. */
const RESIDUAL_MAX = 2 ** 49;
/** Bytes of one exception: position and value. */
const EXCEPTION_BYTES = 10;
const PLACES_MAX = 15;
const VECTOR_MAX = 1024;
const POWERS = Array.from({ length: PLACES_MAX + 1 }, (_, i) => 10 ** i);

const whole = new Float64Array(VECTOR_MAX);
const residuals = new Float64Array(VECTOR_MAX);
const scratch = new Float64Array(VECTOR_MAX);
const isException = new Uint8Array(VECTOR_MAX);
const widths = new Int32Array(64);

/** Encodes data[start, end) behind what the writer has. */
export function encodeNumbers(
  writer: BytesWriter,
  data: Float64Array,
  start: number,
  end: number,
): void {
  const length = end - start;
  let allWhole = true;
  for (let i = 0; i < length; i++) {
    const value = data[start + i];
    if (isPlainWhole(value)) whole[i] = value;
    else {
      allWhole = false;
      break;
    }
  }
  if (allWhole) {
    encodeWhole(writer, length, 0);
    return;
  }
  const places = choosePlaces(data, start, end);
  if (places === 0 || !toWhole(data, start, end, places)) {
    writer.u8(RAW);
    writer.u8(0);
    writer.array(data.subarray(start, end));
    return;
  }
  encodeWhole(writer, length, places, data.subarray(start, end));
}

function isPlainWhole(value: number): boolean {
  if (Math.floor(value) !== value || value > WHOLE_MAX || value < -WHOLE_MAX) return false;
  return value !== 0 || 1 / value > 0;
}

/** Decimal places under which most sampled values are whole; 0 where none will do. */
function choosePlaces(data: Float64Array, start: number, end: number): number {
  const step = Math.max(1, (end - start) >> 5);
  let needed = 0;
  let misses = 0;
  let samples = 0;
  for (let i = start; i < end; i += step) {
    samples++;
    let places = needed;
    while (places <= PLACES_MAX && !fits(data[i], places)) places++;
    if (places > PLACES_MAX) misses++;
    else needed = places;
  }
  return misses * 4 > samples ? 0 : Math.max(1, needed);
}

function fits(value: number, places: number): boolean {
  const scaled = Math.round(value * POWERS[places]);
  return isPlainWhole(scaled) && scaled / POWERS[places] === value;
}

/** Fills `whole` with scaled values; false where too many are exceptions. */
function toWhole(data: Float64Array, start: number, end: number, places: number): boolean {
  const power = POWERS[places];
  let exceptions = 0;
  let previous = 0;
  for (let i = start; i < end; i++) {
    const value = data[i];
    const scaled = Math.round(value * power);
    if (isPlainWhole(scaled) && scaled / power === value) {
      previous = scaled;
      isException[i - start] = 0;
    } else {
      exceptions++;
      isException[i - start] = 1;
    }
    whole[i - start] = previous;
  }
  return exceptions * 4 <= end - start;
}

function encodeWhole(
  writer: BytesWriter,
  length: number,
  places: number,
  original?: Float64Array,
): void {
  let minimum = whole[0];
  let maximum = whole[0];
  let runs = 1;
  for (let i = 1; i < length; i++) {
    const value = whole[i];
    if (value < minimum) minimum = value;
    if (value > maximum) maximum = value;
    if (value !== whole[i - 1]) runs++;
  }
  const offsetWidth = bitWidth(maximum - minimum);
  const offsetBytes = 9 + wordsFor(length, offsetWidth) * 4;
  const runBytes = 2 + runs * 10;
  const delta = planDeltas(length);
  const scheme =
    minimum === maximum
      ? CONSTANT
      : runBytes <= Math.min(offsetBytes, delta.bytes)
        ? RUNS
        : delta.bytes < offsetBytes
          ? DELTAS
          : OFFSETS;
  writer.u8(scheme);
  writer.u8(places);
  if (original !== undefined) writeExceptions(writer, original, length);
  if (scheme === CONSTANT) writer.f64(minimum);
  else if (scheme === RUNS) writeRuns(writer, length, runs);
  else if (scheme === DELTAS) writeDeltas(writer, length, delta);
  else {
    for (let i = 0; i < length; i++) scratch[i] = whole[i] - minimum;
    writer.f64(minimum);
    writer.u8(offsetWidth);
    packBits(writer, scratch, length, offsetWidth);
  }
}

/** Bits that the whole number needs. */
export function bitWidth(value: number): number {
  if (value < 0x80000000) return value === 0 ? 0 : 32 - Math.clz32(value);
  const high = Math.floor(value / 0x100000000);
  return high === 0 ? 32 : 64 - Math.clz32(high);
}

interface DeltaPlan {
  readonly step: number;
  readonly width: number;
  readonly exceptions: number;
  readonly bytes: number;
}

/**
 * Deltas against the one that occurs most, zigzag, in the width that makes the whole shortest: rows
 * where another series begins are exceptions and do not widen the rest.
 */
function planDeltas(length: number): DeltaPlan {
  let step = 0;
  let votes = 0;
  for (let i = 1; i < length; i++) {
    const delta = whole[i] - whole[i - 1];
    if (votes === 0) step = delta;
    votes += delta === step ? 1 : -1;
  }
  widths.fill(0);
  for (let i = 1; i < length; i++) {
    const residual = whole[i] - whole[i - 1] - step;
    if (residual >= RESIDUAL_MAX || residual <= -RESIDUAL_MAX) {
      residuals[i] = -1;
      widths[63]++;
      continue;
    }
    const zigzag = residual < 0 ? -2 * residual - 1 : 2 * residual;
    residuals[i] = zigzag;
    widths[bitWidth(zigzag)]++;
  }
  let best = { width: 0, exceptions: length - 1, bytes: Infinity };
  let exceptions = length - 1;
  for (let width = 0; width <= 52; width++) {
    exceptions -= widths[width];
    const bytes = 19 + wordsFor(length - 1, width) * 4 + exceptions * EXCEPTION_BYTES;
    if (bytes < best.bytes) best = { width, exceptions, bytes };
  }
  return { step, ...best };
}

function writeDeltas(writer: BytesWriter, length: number, plan: DeltaPlan): void {
  writer.f64(whole[0]);
  writer.f64(plan.step);
  writer.u8(plan.width);
  writer.u16(plan.exceptions);
  const limit = 2 ** plan.width;
  for (let i = 1; i < length; i++) {
    const residual = residuals[i];
    const fitting = residual >= 0 && residual < limit;
    scratch[i - 1] = fitting ? residual : 0;
    if (fitting) continue;
    writer.u16(i);
    writer.f64(whole[i]);
  }
  packBits(writer, scratch, length - 1, plan.width);
}

function writeRuns(writer: BytesWriter, length: number, runs: number): void {
  writer.u16(runs);
  let start = 0;
  for (let i = 1; i <= length; i++) {
    if (i < length && whole[i] === whole[start]) continue;
    writer.f64(whole[start]);
    writer.u16(i - start);
    start = i;
  }
}

function writeExceptions(writer: BytesWriter, original: Float64Array, length: number): void {
  let count = 0;
  for (let i = 0; i < length; i++) count += isException[i];
  writer.u16(count);
  for (let i = 0; i < length; i++) {
    if (isException[i] === 0) continue;
    writer.u16(i);
    // As bytes: an arithmetic register may change the payload of a NaN.
    writer.array(original.subarray(i, i + 1));
  }
}

/** Decodes one vector into target[start, end). */
export function decodeNumbers(
  reader: BytesReader,
  target: Float64Array,
  start: number,
  end: number,
): void {
  const length = end - start;
  const scheme = reader.u8();
  const places = reader.u8();
  if (scheme === RAW) {
    target.set(reader.floats(length), start);
    return;
  }
  const positions: number[] = [];
  const values: Uint8Array[] = [];
  if (places > 0) {
    for (let count = reader.u16(); count > 0; count--) {
      positions.push(reader.u16());
      values.push(reader.bytes(8));
    }
  }
  decodeWhole(reader, scheme, target, start, end);
  if (places === 0) return;
  const power = POWERS[places];
  for (let i = start; i < end; i++) target[i] /= power;
  if (positions.length === 0) return;
  const bytes = new Uint8Array(target.buffer, target.byteOffset, target.byteLength);
  for (let i = 0; i < positions.length; i++) bytes.set(values[i], (start + positions[i]) * 8);
}

function decodeWhole(
  reader: BytesReader,
  scheme: number,
  target: Float64Array,
  start: number,
  end: number,
): void {
  const length = end - start;
  if (scheme === CONSTANT) target.fill(reader.f64(), start, end);
  else if (scheme === OFFSETS) {
    const minimum = reader.f64();
    const width = reader.u8();
    unpackBits(reader, target, start, length, width);
    for (let i = start; i < end; i++) target[i] += minimum;
  } else if (scheme === DELTAS) decodeDeltas(reader, target, start, end);
  else if (scheme === RUNS) {
    let at = start;
    for (let runs = reader.u16(); runs > 0; runs--) {
      const value = reader.f64();
      const next = at + reader.u16();
      target.fill(value, at, next);
      at = next;
    }
    if (at !== end) throw new RangeError('runs do not fill the vector');
  } else throw new RangeError(`unknown scheme ${scheme}`);
}

function decodeDeltas(reader: BytesReader, target: Float64Array, start: number, end: number): void {
  const first = reader.f64();
  const step = reader.f64();
  const width = reader.u8();
  const positions: number[] = [];
  const values: number[] = [];
  for (let count = reader.u16(); count > 0; count--) {
    positions.push(reader.u16());
    values.push(reader.f64());
  }
  unpackBits(reader, target, start + 1, end - start - 1, width);
  target[start] = first;
  let value = first;
  let row = start + 1;
  for (let e = 0; e <= positions.length; e++) {
    const stop = e < positions.length ? start + positions[e] : end;
    value =
      width <= 31
        ? addNarrow(target, row, stop, value, step)
        : addWide(target, row, stop, value, step);
    row = Math.max(row, stop);
    if (e < positions.length) {
      value = values[e];
      target[row++] = value;
    }
  }
}

/** Turns zigzag residuals below 2^31 in target[row, stop) into values; returns the last one. */
function addNarrow(
  target: Float64Array,
  row: number,
  stop: number,
  value: number,
  step: number,
): number {
  for (let i = row; i < stop; i++) {
    const zigzag = target[i] | 0;
    value += step + ((zigzag >>> 1) ^ -(zigzag & 1));
    target[i] = value;
  }
  return value;
}

function addWide(
  target: Float64Array,
  row: number,
  stop: number,
  value: number,
  step: number,
): number {
  for (let i = row; i < stop; i++) {
    const zigzag = target[i];
    const half = Math.floor(zigzag / 2);
    value += step + (half * 2 === zigzag ? half : -half - 1);
    target[i] = value;
  }
  return value;
}
