/** A set of numbers by open addressing, for many of them: it takes a part of a Set's time and memory. */

/** Numbers a slot, at most. */
const LOAD_MAX = 0.6;
/** Numbers added in one step. */
const STEP_NUMBERS = 16_384;

const FLOAT = new Float64Array(1);
const WORDS = new Int32Array(FLOAT.buffer);

export class NumberSet {
  /** NaN in free slots. */
  readonly #slots: Float64Array;
  readonly #shift: number;
  #hasNaN = false;

  private constructor(count: number) {
    const bits = Math.max(4, Math.ceil(Math.log2(count / LOAD_MAX)));
    this.#shift = 32 - bits;
    this.#slots = new Float64Array(2 ** bits).fill(Number.NaN);
  }

  /** In steps of some milliseconds at most. */
  static *build(numbers: readonly number[]): Generator<void, NumberSet, void> {
    const set = new NumberSet(numbers.length);
    for (let start = 0; start < numbers.length; start += STEP_NUMBERS) {
      if (start > 0) yield;
      set.#addSome(numbers, start, Math.min(numbers.length, start + STEP_NUMBERS));
    }
    return set;
  }

  /** 0 and -0 are one number, and so are all NaNs. */
  has(number: number): boolean {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let at = home(number, this.#shift); ; at = (at + 1) & mask) {
      const held = slots[at] as number;
      if (held === number) return true;
      if (held !== held) return number !== number && this.#hasNaN;
    }
  }

  #addSome(numbers: readonly number[], start: number, end: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let i = start; i < end; i++) {
      const number = numbers[i] as number;
      if (number !== number) {
        this.#hasNaN = true;
        continue;
      }
      let at = home(number, this.#shift);
      let held = slots[at] as number;
      while (held === held && held !== number) {
        at = (at + 1) & mask;
        held = slots[at] as number;
      }
      slots[at] = number;
    }
  }
}

function home(number: number, shift: number): number {
  const whole = number | 0;
  if (whole === number) return Math.imul(whole, 0x9e3779b1) >>> shift;
  FLOAT[0] = number;
  const mixed = Math.imul(
    (WORDS[0] as number) ^ Math.imul(WORDS[1] as number, 0x85ebca6b),
    0x9e3779b1,
  );
  return Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d) >>> shift;
}
