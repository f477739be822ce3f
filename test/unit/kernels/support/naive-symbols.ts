/** The entropy stage as docs/format/segment.md says, symbol by symbol. */

export type Frequencies = readonly (readonly [symbol: number, frequency: number])[];

/** The symbols; undefined for damaged bytes. */
export function naiveSymbols(
  bytes: Uint8Array,
  count: number,
  frequencies: Frequencies,
): { symbols: number[]; used: number } | undefined {
  let at = 0;
  const word = (size: number): number => {
    if (at + size > bytes.length) throw new RangeError('end of bytes');
    let value = 0;
    for (let i = 0; i < size; i++) value += bytes[at++]! * 2 ** (8 * i);
    return value;
  };
  const slots: { symbol: number; frequency: number; begin: number }[] = [];
  for (const [symbol, frequency] of frequencies) {
    const begin = slots.length;
    for (let i = 0; i < frequency; i++) slots.push({ symbol, frequency, begin });
  }
  try {
    const states = [word(4), word(4), word(4), word(4)];
    const symbols: number[] = [];
    for (let i = 0; i < count; i++) {
      const state = states[i % 4]!;
      const slot = slots[state % 4096]!;
      symbols.push(slot.symbol);
      let next =
        (slot.frequency * Math.floor(state / 4096) + (state % 4096) - slot.begin) % 2 ** 32;
      if (next < 65_536) next = next * 65_536 + word(2);
      states[i % 4] = next;
    }
    if (states.some((state) => state !== 65_536)) return undefined;
    return { symbols, used: at };
  } catch {
    return undefined;
  }
}
