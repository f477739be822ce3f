/** PostgreSQL's interval: three independent fields. */
import type { Int64 } from './value.ts';

export class Interval {
  readonly months: number;
  readonly days: number;
  readonly micros: Int64;

  constructor(months: number, days: number, micros: Int64) {
    this.months = months;
    this.days = days;
    this.micros = micros;
  }
}
