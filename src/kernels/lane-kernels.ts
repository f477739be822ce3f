/** Kernels over lanes: columns of unsigned integers of 8, 16 or 32 bits, which stand for doubles. */

/** Writes (base + lane * factor) / divisor for `count` lanes as doubles. */
type Widen = (
  source: number,
  target: number,
  count: number,
  base: number,
  factor: number,
  divisor: number,
) => void;

export interface LaneKernels {
  readonly widenU8: Widen;
  readonly widenU16: Widen;
  readonly widenU32: Widen;
}
