/** Exact decimals: PostgreSQL's numeric, with its display scale, NaN and infinities. */

export type NumericKind = 'finite' | 'nan' | 'infinity' | '-infinity';

/** An immutable decimal `unscaled * 10^-scale`; `scale` is PostgreSQL's dscale (0..16383). */
export class Numeric {
  readonly kind: NumericKind;
  readonly unscaled: bigint;
  readonly scale: number;

  constructor(unscaled: bigint, scale: number, kind: NumericKind = 'finite') {
    this.kind = kind;
    this.unscaled = unscaled;
    this.scale = scale;
  }
}
