/** Averages of integers as fields: their digits are written to where kernels read them. */
import { kernelViews } from '../../kernels/memory.ts';
import { ENTRY_BYTES, FieldKind } from '../../kernels/output-kernels.ts';
import { QUOTIENT_BYTES_MAX, QuotientDigits } from '../../types/quotient-digits.ts';
import type { QuotientVector } from '../quotient-vector.ts';
import { ColumnSource } from './column-source.ts';
import type { EncodeArea } from './encode-area.ts';

const digits = new QuotientDigits();

export class QuotientSource extends ColumnSource {
  readonly #vector: QuotientVector;

  constructor(vector: QuotientVector) {
    super(vector.nulls);
    this.#vector = vector;
  }

  load(area: EncodeArea, column: number, from: number, rows: number): boolean {
    const values = area.take(rows * ENTRY_BYTES);
    const bytes = area.take(rows * QUOTIENT_BYTES_MAX);
    if (values === 0 || bytes === 0) return false;
    const { u8, u32 } = kernelViews();
    const { sums, counts } = this.#vector;
    let at = bytes;
    for (let i = 0; i < rows; i++) {
      const start = at;
      if (counts[from + i] !== 0) {
        digits.divide(sums[from + i], counts[from + i]);
        at = digits.write(u8, at);
      }
      u32[values / 4 + i * 2] = start;
      u32[values / 4 + i * 2 + 1] = at - start;
    }
    return this.describe(area, column, from, rows, { kind: FieldKind.EntryByRow, values });
  }
}

/** A row's average as text. */
export function quotientText({ sums, counts }: QuotientVector, row: number): string {
  digits.divide(sums[row], counts[row]);
  return digits.text();
}
