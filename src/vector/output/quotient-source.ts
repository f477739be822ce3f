/** Averages of integers as fields: kernels divide them and write their digits. */
import { kernels } from '../../kernels/kernels.ts';
import { kernelViews } from '../../kernels/memory.ts';
import { ENTRY_BYTES, FieldKind } from '../../kernels/output-kernels.ts';
import type { QuotientVector } from '../quotient-vector.ts';
import { ColumnSource } from './column-source.ts';
import type { EncodeArea } from './encode-area.ts';

/** Bytes of the longest: a sign, 16 digits, a point and 28 digits as text. */
export const QUOTIENT_BYTES_MAX = 48;
const WORK_BYTES = 64;

export class QuotientSource extends ColumnSource {
  readonly #vector: QuotientVector;
  readonly #isText: boolean;

  constructor(vector: QuotientVector, isText: boolean) {
    super(vector.nulls);
    this.#vector = vector;
    this.#isText = isText;
  }

  load(area: EncodeArea, column: number, from: number, rows: number): boolean {
    const values = area.take(rows * ENTRY_BYTES);
    const numbers = area.take(rows * 16 + WORK_BYTES);
    const bytes = area.take(rows * QUOTIENT_BYTES_MAX);
    if (values === 0 || numbers === 0 || bytes === 0) return false;
    const { sums, counts } = this.#vector;
    const { f64 } = kernelViews();
    f64.set(sums.subarray(from, from + rows), numbers / 8);
    f64.set(counts.subarray(from, from + rows), numbers / 8 + rows);
    const divisors = numbers + rows * 8;
    const work = divisors + rows * 8;
    kernels.writeQuotients(numbers, divisors, rows, Number(this.#isText), work, values, bytes);
    return this.describe(area, column, from, rows, { kind: FieldKind.EntryByRow, values });
  }
}
