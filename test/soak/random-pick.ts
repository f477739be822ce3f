/** Choices out of a random source. */
export class RandomPick {
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  chance(probability: number): boolean {
    return this.#random() < probability;
  }

  /** A whole number in [0, bound). */
  int(bound: number): number {
    return Math.floor(this.#random() * bound);
  }

  between(from: number, to: number): number {
    return from + this.int(to - from);
  }

  of<T>(choices: readonly T[]): T {
    return choices[this.int(choices.length)] as T;
  }
}
