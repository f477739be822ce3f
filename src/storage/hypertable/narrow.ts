/** Finds the narrowest lanes that hold a column's numbers. Works on doubles in the kernels' memory. */
import { kernels } from '../../kernels/kernels.ts';
import { kernelViews } from '../../kernels/memory.ts';
import type { NullMask } from '../../vector/vector.ts';
import type { BlockStage } from './block-stage.ts';
import type { LaneBits } from '../../vector/lanes.ts';

/** Whole numbers up to here, and their distances, are exact. */
const WHOLE_MAX = 2 ** 53;
export const PLACES_MAX = 15;
export const POWERS: readonly number[] = Array.from({ length: PLACES_MAX + 1 }, (_, i) => 10 ** i);
const SAMPLES = 64;

/** What lanes have in common; they stand for (base + lane * factor) / 10^places. */
export interface LanePlan {
  readonly bits: LaneBits;
  readonly base: number;
  readonly factor: number;
  readonly places: number;
  /** The largest lane. */
  readonly highest: number;
}

/** Copies a piece's numbers to the stage. NULLs take the value before them, which costs least. */
export function stageDoubles(
  stage: BlockStage,
  data: Float64Array,
  nulls: NullMask,
  rows: number,
): void {
  const { f64 } = kernelViews();
  const first = stage.doubles / 8;
  f64.set(data.subarray(0, rows), first);
  if (nulls === undefined) return;
  let known = 0;
  while (known < rows && nulls[known] === 1) known++;
  let previous = known < rows ? data[known] : 0;
  for (let i = 0; i < rows; i++) {
    if (nulls[i] === 1) f64[first + i] = previous;
    // A NaN must not pass through arithmetic: its payload may change.
    else if (data[i] === data[i]) previous = data[i];
  }
}

/** Plans lanes for the stage's doubles, which are whole numbers then, or beside them; undefined: none. */
export function planLanes(stage: BlockStage, rows: number): LanePlan | undefined {
  const places = scaleToWhole(stage, rows);
  if (places === undefined) return undefined;
  const { f64 } = kernelViews();
  const base = f64[stage.small / 8];
  const range = f64[stage.small / 8 + 1] - base;
  if (range > WHOLE_MAX) return undefined;
  const factor = range <= 0xff ? 1 : commonFactor(wholeNumbers(stage, places), rows, base);
  const steps = range / factor;
  if (steps > 0xffffffff) return undefined;
  return { bits: bitsFor(steps), base, factor, places, highest: steps };
}

/** The width of lanes up to this one. */
export function bitsFor(highest: number): LaneBits {
  return highest <= 0xff ? 8 : highest <= 0xffff ? 16 : 32;
}

/** Where the stage's numbers are whole. */
function wholeNumbers({ doubles, scaled }: BlockStage, places: number): number {
  return places === 0 ? doubles : scaled;
}

/** Writes the planned lanes to the stage's. */
export function fillLanes(stage: BlockStage, rows: number, plan: LanePlan): void {
  const { bits, base, factor, places } = plan;
  const narrow =
    bits === 8 ? kernels.narrowU8 : bits === 16 ? kernels.narrowU16 : kernels.narrowU32;
  narrow(wholeNumbers(stage, places), stage.lanes, rows, base, factor);
}

/** Makes the numbers whole with as few decimal places as do for all of them; undefined where none do. */
function scaleToWhole(stage: BlockStage, rows: number): number | undefined {
  const { doubles, scaled, small } = stage;
  const step = Math.max(1, Math.floor(rows / SAMPLES));
  let places = placesFor(doubles, 0, rows, step, 0);
  while (places !== undefined) {
    const row = kernels.scaleAll(doubles, scaled, rows, POWERS[places], small);
    if (row === rows) return places;
    const more = placesFor(doubles, row, rows, 1, places);
    // More places may be too many for a large number.
    if (more === places) return undefined;
    places = more;
  }
  return undefined;
}

/** Places, at least `places`, that the first numbers from `row` on need: up to the first that needs more. */
function placesFor(
  doubles: number,
  row: number,
  rows: number,
  step: number,
  places: number,
): number | undefined {
  const { f64 } = kernelViews();
  const first = doubles / 8;
  const least = places;
  for (let i = row; i < rows; i += step) {
    while (places <= PLACES_MAX && !isWholeAt(f64[first + i], places)) places++;
    if (places > PLACES_MAX) return undefined;
    if (step === 1 && places > least) break;
  }
  return places;
}

/** True where the value is whole with so many decimal places, and comes back bit for bit. */
export function isWholeAt(value: number, places: number): boolean {
  const power = POWERS[places];
  const scaled = Math.round(value * power);
  return Math.abs(scaled) <= WHOLE_MAX && Object.is((scaled + 0) / power, value);
}

/** The greatest number of which every distance from the smallest value is a multiple. */
function commonFactor(numbers: number, rows: number, base: number): number {
  const { f64 } = kernelViews();
  const first = numbers / 8;
  let row = 0;
  while (row < rows && f64[first + row] === base) row++;
  let factor = f64[first + row] - base;
  while (factor !== 1) {
    row = kernels.firstNotMultiple(numbers, row, rows, base, factor);
    if (row >= rows) break;
    factor = greatestDivisor(f64[first + row] - base, factor);
  }
  return factor;
}

export function greatestDivisor(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}
