/**
 * Series whose times are evenly spaced, as those of most devices are: where a time lies follows from the
 * first one and the step, and no stored time has to be looked at.
 */
import { PIECE_ROWS } from './row-source.ts';
import type { SeriesTable } from './series-table.ts';
import type { PlainColumn } from './stored-column.ts';
import { SearchedTimes, type Times } from './times.ts';

/** By series the step between its times, 0 where that is not the same everywhere. */
export async function findEvenSteps(
  series: SeriesTable,
  rows: number,
  readTimes: (index: number) => Times | Promise<Times>,
): Promise<PlainColumn> {
  const { count, starts, minTimes, maxTimes } = series;
  const steps = new Float64Array(count);
  for (let s = 0; s < count; s++) {
    const most = starts[s + 1] - starts[s] - 1;
    const step = most === 0 ? 1 : (maxTimes[s] - minTimes[s]) / most;
    const isWhole = Number.isSafeInteger(minTimes[s]) && Number.isSafeInteger(maxTimes[s]);
    if (isWhole && Number.isSafeInteger(step) && step > 0) steps[s] = step;
  }
  for (let base = 0, s = 0; base < rows; base += PIECE_ROWS) {
    const times = await readTimes(base / PIECE_ROWS);
    const end = Math.min(rows, base + PIECE_ROWS);
    while (s < count && starts[s + 1] <= base) s++;
    for (let t = s; t < count && starts[t] < end; t++) {
      if (steps[t] > 0 && !isEven(times, base, end, series, t, steps[t])) steps[t] = 0;
    }
  }
  return { rep: 'f64', data: steps, nulls: undefined };
}

/** Whether the rows of the series that are in [base, end), a piece, have the times that the step gives. */
function isEven(
  times: Times,
  base: number,
  end: number,
  { starts, minTimes }: SeriesTable,
  s: number,
  step: number,
): boolean {
  const first = Math.max(base, starts[s]);
  const last = Math.min(end, starts[s + 1]);
  let expected = minTimes[s] + (first - starts[s]) * step;
  for (let row = first; row < last; row++, expected += step) {
    if (times.at(row - base) !== expected) return false;
  }
  return true;
}

/** The times of one evenly spaced series at a time. */
export class EvenTimes extends SearchedTimes {
  readonly length = Infinity;
  #row = 0;
  #time = 0;
  #step = 1;

  /** From now on the times of the series whose row `row` has this time. */
  set(row: number, time: number, step: number): void {
    this.#row = row;
    this.#time = time;
    this.#step = step;
  }

  at(row: number): number {
    return this.#time + (row - this.#row) * this.#step;
  }
}
