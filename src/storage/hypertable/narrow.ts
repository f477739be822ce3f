/** Finds the narrowest lanes that hold a column's numbers, and fills them. */
import { kernelViews, tryAllocate } from '../../kernels/memory.ts';
import type { NullMask } from '../../vector/vector.ts';
import type { LaneBits, Lanes } from './lanes.ts';

/** Whole numbers up to here, and their distances, are exact. */
const WHOLE_MAX = 2 ** 53;
const PLACES_MAX = 15;
const POWERS = Array.from({ length: PLACES_MAX + 1 }, (_, i) => 10 ** i);
const SAMPLES = 64;

/** What lanes have in common. */
interface LanePlan {
  readonly bits: LaneBits;
  readonly base: number;
  readonly factor: number;
  readonly divisor: number;
}

let whole = new Float64Array(65_536);

/** The numbers as lanes; undefined where they do not fit or the memory is full. */
export function narrowed(data: Float64Array, nulls: NullMask, rows: number): Lanes | undefined {
  if (whole.length < rows) whole = new Float64Array(rows);
  const divisor = choosePower(data, nulls, rows);
  if (divisor === undefined || !toWhole(data, nulls, rows, divisor)) return undefined;
  const plan = planLanes(rows, nulls, divisor);
  if (plan === undefined) return undefined;
  const { bits, base, factor } = plan;
  const block = tryAllocate(rows * (bits >>> 3));
  if (block === undefined) return undefined;
  const views = kernelViews();
  const lanes = bits === 8 ? views.u8 : bits === 16 ? views.u16 : views.u32;
  const first = block.pointer / (bits >>> 3);
  for (let i = 0; i < rows; i++) {
    lanes[first + i] = isNull(nulls, i) ? 0 : (whole[i] - base) / factor;
  }
  return { block, bits, length: rows, base, factor, divisor };
}

function isNull(nulls: NullMask, row: number): boolean {
  return nulls !== undefined && nulls[row] === 1;
}

/** The power of ten by which a sample of the values becomes whole. */
function choosePower(data: Float64Array, nulls: NullMask, rows: number): number | undefined {
  let places = 0;
  const step = Math.max(1, Math.floor(rows / SAMPLES));
  for (let i = 0; i < rows; i += step) {
    if (isNull(nulls, i)) continue;
    while (places <= PLACES_MAX && !isWholeAt(data[i], POWERS[places])) places++;
    if (places > PLACES_MAX) return undefined;
  }
  return POWERS[places];
}

function isWholeAt(value: number, power: number): boolean {
  const scaled = Math.round(value * power);
  return Math.abs(scaled) <= WHOLE_MAX && Object.is((scaled + 0) / power, value);
}

/** Fills `whole`; false where a value is not whole when multiplied. */
function toWhole(data: Float64Array, nulls: NullMask, rows: number, power: number): boolean {
  for (let i = 0; i < rows; i++) {
    if (isNull(nulls, i)) continue;
    if (!isWholeAt(data[i], power)) return false;
    whole[i] = Math.round(data[i] * power) + 0;
  }
  return true;
}

function planLanes(rows: number, nulls: NullMask, divisor: number): LanePlan | undefined {
  let minimum = Infinity;
  let maximum = -Infinity;
  for (let i = 0; i < rows; i++) {
    if (isNull(nulls, i)) continue;
    if (whole[i] < minimum) minimum = whole[i];
    if (whole[i] > maximum) maximum = whole[i];
  }
  if (minimum > maximum) return { bits: 8, base: 0, factor: 1, divisor: 1 };
  const range = maximum - minimum;
  if (range > WHOLE_MAX) return undefined;
  const factor = range <= 0xff ? 1 : commonFactor(rows, nulls, minimum);
  const steps = range / factor;
  if (steps > 0xffffffff) return undefined;
  const bits = steps <= 0xff ? 8 : steps <= 0xffff ? 16 : 32;
  return { bits, base: minimum, factor, divisor };
}

/** The greatest number of which every distance from the smallest value is a multiple. */
function commonFactor(rows: number, nulls: NullMask, minimum: number): number {
  let factor = 0;
  for (let i = 0; i < rows && factor !== 1; i++) {
    if (isNull(nulls, i)) continue;
    const distance = whole[i] - minimum;
    if (factor === 0 || Math.round(distance / factor) * factor !== distance) {
      factor = greatestDivisor(distance, factor);
    }
  }
  return factor;
}

function greatestDivisor(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}
