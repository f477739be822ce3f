/** The highest of some keys. */

export class HighestKey {
  /** Empty where there was no key. */
  #highest = new Uint8Array(0);

  /** Takes in the key `bytes[start, end)`. */
  raise(bytes: Uint8Array, start: number, end: number): void {
    if (!this.isBelow(bytes, start, end)) return;
    if (this.#highest.length === end - start) this.#highest.set(bytes.subarray(start, end));
    else this.#highest = bytes.slice(start, end);
  }

  /** Whether all keys are lower than `bytes[start, end)`. */
  isBelow(bytes: Uint8Array, start: number, end: number): boolean {
    const highest = this.#highest;
    const length = Math.min(end - start, highest.length);
    for (let i = 0; i < length; i++) {
      const difference = (bytes[start + i] as number) - (highest[i] as number);
      if (difference !== 0) return difference > 0;
    }
    return end - start > highest.length;
  }
}
