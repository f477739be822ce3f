/** TSBS's random walks over many devices: each state is one array, one value for each device. */
import type { Random } from './random.ts';

export interface Walk {
  /** A normal step has a mean and a deviation, a uniform one two limits. */
  readonly step: readonly ['normal' | 'uniform', number, number];
  readonly min?: number;
  readonly max?: number;
  /** A value, or limits between which each device starts. */
  readonly start: number | readonly [number, number];
  /** Only ever grows. */
  readonly grows?: boolean;
}

export class WalkState {
  readonly values: Float64Array;
  readonly #walk: Walk;

  constructor(walk: Walk, devices: number, random: Random) {
    this.#walk = walk;
    const { start } = walk;
    this.values = Float64Array.from({ length: devices }, () =>
      typeof start === 'number' ? start : random.between(start[0], start[1]),
    );
  }

  advance(random: Random): void {
    const { step, min = -Infinity, max = Infinity, grows = false } = this.#walk;
    const [kind, a, b] = step;
    const { values } = this;
    for (let i = 0; i < values.length; i++) {
      const change = kind === 'normal' ? a + b * random.normal() : random.between(a, b);
      const next = values[i] + (grows ? Math.abs(change) : change);
      values[i] = next < min ? min : next > max ? max : next;
    }
  }
}

export const counter = (mean: number): Walk => ({
  step: ['normal', mean, 1],
  start: 0,
  grows: true,
});

export function clamped(mean: number, max: number, start: Walk['start'] = 0, deviation = 1): Walk {
  return { step: ['normal', mean, deviation], min: 0, max, start };
}

/** A value cut, not rounded, after so many decimals. */
export function truncated(value: number, decimals: number): number {
  const factor = 10 ** decimals;
  return Math.trunc(value * factor) / factor;
}
