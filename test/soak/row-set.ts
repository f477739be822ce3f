/** Rows of `readings` in typed arrays, in no order: a run's worth of objects would be half a gigabyte. */
import type { Reading } from './reading.ts';

const NO_STATE = -1;

export class RowSet {
  length = 0;
  series = new Uint16Array(64);
  time = new Float64Array(64);
  /** NaN is NULL, here and in `load`. */
  n = new Float64Array(64);
  temp = new Float64Array(64);
  load = new Float64Array(64);
  state = new Int8Array(64);

  push(row: Reading): void {
    if (this.length === this.series.length) this.#grow();
    const at = this.length++;
    this.series[at] = row.series;
    this.time[at] = row.time;
    this.n[at] = row.n ?? NaN;
    this.temp[at] = row.temp;
    this.load[at] = row.load ?? NaN;
    this.state[at] = row.state ?? NO_STATE;
  }

  get(at: number): Reading {
    const n = this.n[at] as number;
    const load = this.load[at] as number;
    const state = this.state[at] as number;
    return {
      series: this.series[at] as number,
      time: this.time[at] as number,
      n: Number.isNaN(n) ? null : n,
      temp: this.temp[at] as number,
      load: Number.isNaN(load) ? null : load,
      state: state === NO_STATE ? null : state,
    };
  }

  /** The last row takes its place. */
  removeAt(at: number): void {
    const last = --this.length;
    for (const column of this.#columns()) column[at] = column[last] as number;
  }

  /** A sum over the rows' hashes: the same for the same rows in any order. */
  hash(): RowsHash {
    const hash = new RowsHash();
    for (let at = 0; at < this.length; at++) {
      hash.add(
        this.series[at] as number,
        this.time[at] as number,
        this.n[at] as number,
        this.temp[at] as number,
        this.load[at] as number,
        this.state[at] as number,
      );
    }
    return hash;
  }

  #columns(): (Uint16Array | Float64Array | Int8Array)[] {
    return [this.series, this.time, this.n, this.temp, this.load, this.state];
  }

  #grow(): void {
    const capacity = this.length * 2;
    const grown = <T extends Uint16Array | Float64Array | Int8Array>(to: T, from: T): T => {
      to.set(from);
      return to;
    };
    this.series = grown(new Uint16Array(capacity), this.series);
    this.time = grown(new Float64Array(capacity), this.time);
    this.n = grown(new Float64Array(capacity), this.n);
    this.temp = grown(new Float64Array(capacity), this.temp);
    this.load = grown(new Float64Array(capacity), this.load);
    this.state = grown(new Int8Array(capacity), this.state);
  }
}

const word = new Float64Array(1);
const halves = new Int32Array(word.buffer);

/** Two sums of 32 bits, so that unequal rows have equal sums about once in 2^64 times. */
export class RowsHash {
  rows = 0;
  #first = 0;
  #second = 0;

  add(...values: number[]): void {
    let first = 0x9e3779b9 | 0;
    let second = 0x7f4a7c15 | 0;
    for (const value of values) {
      // One NaN and one zero, whatever their bits were.
      word[0] = Number.isNaN(value) ? NaN : value + 0;
      first = Math.imul(first ^ (halves[0] as number), 0x85ebca6b) + (halves[1] as number);
      first = Math.imul(first ^ (first >>> 15), 0xc2b2ae35);
      second = Math.imul(second ^ (halves[1] as number), 0x27d4eb2f) + (halves[0] as number);
      second = Math.imul(second ^ (second >>> 13), 0x165667b1);
    }
    this.#first = (this.#first + first) | 0;
    this.#second = (this.#second + second) | 0;
    this.rows++;
  }

  toString(): string {
    return `${this.rows} rows, ${(this.#first >>> 0).toString(16)}-${(this.#second >>> 0).toString(16)}`;
  }
}
