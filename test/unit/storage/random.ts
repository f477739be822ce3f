import { printedSeed } from '../../support/seed.ts';

/** Small seeded random numbers; the seed is printed so that a failure can be run again. */
export interface SeededRandom {
  readonly seed: number;
  /** An integer in [0, bound). */
  int(bound: number): number;
}

export function seededRandom(label: string): SeededRandom {
  const seed = printedSeed(label);
  let state = seed >>> 0;
  return {
    seed,
    int: (bound) => {
      state = (state + 0x6d2b79f5) >>> 0;
      let t = state;
      t = Math.imul(t ^ (t >>> 15), t | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return ((t ^ (t >>> 14)) >>> 0) % bound;
    },
  };
}
