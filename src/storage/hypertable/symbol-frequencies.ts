/** Frequencies of symbols, scaled so that they add up to what the entropy coder works with. */

export const TOTAL = 4096;

/** Every symbol that occurs keeps at least 1; the rest is shared out as exactly as can be. */
export function fitFrequencies(counts: Uint32Array): Uint16Array {
  const sum = counts.reduce((total, count) => total + count, 0);
  const fitted = new Uint16Array(256);
  if (sum === 0) return fitted;
  let left = TOTAL;
  let largest = 0;
  for (let symbol = 0; symbol < 256; symbol++) {
    if (counts[symbol] === 0) continue;
    fitted[symbol] = Math.max(1, Math.round((counts[symbol] * TOTAL) / sum));
    left -= fitted[symbol];
    if (fitted[symbol] > fitted[largest]) largest = symbol;
  }
  // At most 256 ones too many: those that are frequent give them up, the most frequent first.
  while (left < 0) {
    const taken = Math.min(-left, Math.max(1, fitted[largest] >>> 1));
    fitted[largest] -= taken;
    left += taken;
    largest = fitted.reduce((best, frequency, i) => (frequency > fitted[best] ? i : best), 0);
  }
  fitted[largest] += left;
  return fitted;
}

/** Bits that symbols of these counts take with a table. */
export function symbolBits(counts: Uint32Array, frequencies: Uint16Array): number {
  let bits = 0;
  for (let symbol = 0; symbol < 256; symbol++) {
    if (counts[symbol] > 0) bits += counts[symbol] * Math.log2(TOTAL / frequencies[symbol]);
  }
  return bits;
}
