/** Schemes of a vector of lanes, by their byte in the file (docs/format/segment.md). */
export const CONSTANT: u8 = 0;
export const RUNS: u8 = 1;
export const PLAIN: u8 = 2;
export const OFFSETS: u8 = 3;
export const DELTAS: u8 = 4;
export const DICTIONARY: u8 = 5;
/** Offsets and deltas whose numbers are symbols of the entropy stage. */
export const OFFSET_SYMBOLS: u8 = 6;
export const DELTA_SYMBOLS: u8 = 7;
