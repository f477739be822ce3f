/**
 * The newest (or oldest) rows of each key: what DISTINCT ON and last-value queries want of a hypertable.
 * First every source tells the extreme time of its keys, a series at a time; then only rows of the
 * overall extremes are read. Rows whose keys or conditions a source cannot tell are all handed out: the
 * result holds the wanted rows and may hold others.
 */
import type { Batch } from '../../vector/vector.ts';
import type { LatestRequest, ScanRequest } from '../storage.ts';
import { byPiece, emitPiece, type OutputColumns } from './emit-rows.ts';
import { emitScattered } from './emit-scattered.ts';
import { KeyNumbers } from './key-numbers.ts';
import { ASKED_SHARE } from './last-rows.ts';
import { hypertableOf } from './placement.ts';
import type { ScanBounds } from './scan-bounds.ts';
import {
  chunkInputs,
  isOutside,
  selectChunk,
  type ScanInput,
  type Selected,
} from './select-chunk.ts';
import type { RowSource } from './row-source.ts';
import { rowCount, type RowRanges } from './select-rows.ts';
import { selectsExactly } from './selects-exactly.ts';
import { seriesAt, type SeriesTable } from './series-table.ts';
import { SourceTimes } from './source-times.ts';
import type { PlainColumn } from './stored-column.ts';

/** Rows of one key in one source, ascending by time. */
interface Stretch {
  readonly start: number;
  readonly end: number;
  readonly key: number;
  readonly time: number;
  readonly series: number;
}

/** Ranges of rows that make a batch, where they have not more than so many rows. */
const BATCH_RANGES = 4096;
const MOST_SCATTERED = 8192;

interface Candidates {
  readonly selected: Selected;
  readonly times: SourceTimes;
  /** undefined where the source's rows must all be handed out. */
  readonly stretches: readonly Stretch[] | undefined;
}

export async function* scanLatest(
  input: ScanInput,
  bounds: ScanBounds,
  output: OutputColumns,
  request: ScanRequest & { readonly latest: LatestRequest },
): AsyncGenerator<Batch> {
  const { latest, counters } = request;
  const extremes = new Extremes(latest.newest);
  const found: Candidates[] = [];
  for (const chunk of chunkInputs(input)) {
    if (isOutside(chunk, bounds)) {
      if (counters !== undefined) counters.chunksPruned++;
      continue;
    }
    if (counters !== undefined) counters.chunks++;
    for await (const selected of selectChunk(input, chunk, bounds, request)) {
      found.push(await candidatesOf(input, selected, request, extremes));
    }
  }
  const ends = { newest: latest.newest, timeColumn: hypertableOf(input.table).timeColumn };
  for (const candidates of found) {
    for await (const batch of emitExtremes(candidates, extremes, output, ends)) {
      if (counters !== undefined) counters.rows += batch.length;
      yield batch;
    }
  }
}

async function* emitExtremes(
  { selected: { source, ranges }, times, stretches }: Candidates,
  extremes: Extremes,
  output: OutputColumns,
  { newest, timeColumn }: { readonly newest: boolean; readonly timeColumn: number },
): AsyncGenerator<Batch> {
  if (stretches === undefined) {
    for (const rows of byPiece(ranges)) yield await emitPiece(source, rows, output);
    return;
  }
  const isAlone = newest ? await aloneAtEnd(source, stretches, timeColumn) : undefined;
  const found = await extremeRanges(times, stretches, extremes, newest, isAlone);
  for (let first = 0; first < found.starts.length; first += BATCH_RANGES) {
    const end = first + BATCH_RANGES;
    const some = { starts: found.starts.slice(first, end), ends: found.ends.slice(first, end) };
    // Rows with the extreme time are few; where they are not, ranges are long.
    if (rowCount(some) <= MOST_SCATTERED) yield await emitScattered(source, some, output);
    else for (const rows of byPiece(some)) yield await emitPiece(source, rows, output);
  }
}

/** The extreme time of every key so far. */
class Extremes {
  readonly numbers = new KeyNumbers();
  readonly #newest: boolean;
  #times = new Float64Array(1024).fill(NaN);

  constructor(newest: boolean) {
    this.#newest = newest;
  }

  offer(key: number, time: number): void {
    if (key >= this.#times.length) {
      const grown = new Float64Array(Math.max(key + 1, this.#times.length * 2)).fill(NaN);
      grown.set(this.#times);
      this.#times = grown;
    }
    const known = this.#times[key];
    if (known !== known || (this.#newest ? time > known : time < known)) this.#times[key] = time;
  }

  isExtreme(key: number, time: number): boolean {
    return this.#times[key] === time;
  }
}

async function candidatesOf(
  input: ScanInput,
  selected: Selected,
  request: ScanRequest & { readonly latest: LatestRequest },
  extremes: Extremes,
): Promise<Candidates> {
  const { source, ranges } = selected;
  const { latest, predicates } = request;
  const times = new SourceTimes(source);
  const { series } = source;
  const { timeColumn } = hypertableOf(input.table);
  const columns = latest.keys.map((attnum) => series?.columns.get(attnum));
  if (
    series === undefined ||
    columns.includes(undefined) ||
    !selectsExactly(input.table, source, predicates, timeColumn)
  ) {
    return { selected, times, stretches: undefined };
  }
  const keyAt = extremes.numbers.reader(columns as PlainColumn[]);
  const stretches: Stretch[] = [];
  for (const { start, end, s } of seriesParts(ranges, series)) {
    const key = keyAt(s);
    const row = latest.newest ? end - 1 : start;
    const isEnd = row === (latest.newest ? series.starts[s + 1] - 1 : series.starts[s]);
    let time = latest.newest ? series.maxTimes[s] : series.minTimes[s];
    if (!isEnd) {
      await times.load(row, row + 1);
      time = times.at(row);
    }
    extremes.offer(key, time);
    stretches.push({ start, end, key, time, series: s });
  }
  return { selected, times, stretches };
}

/** The ranges cut where another series begins. */
function* seriesParts(
  { starts, ends }: RowRanges,
  series: SeriesTable,
): Generator<{ start: number; end: number; s: number }> {
  let s = starts.length === 0 ? 0 : seriesAt(series, starts[0]);
  for (let r = 0; r < starts.length; r++) {
    let start = starts[r];
    while (start < ends[r]) {
      while (series.starts[s + 1] <= start) s++;
      const end = Math.min(ends[r], series.starts[s + 1]);
      yield { start, end, s };
      start = end;
    }
  }
}

/**
 * Tells stretches whose last row is the last of its series, with another time than the row before: no other
 * row has to be looked at. Undefined where the source keeps no such times, or few stretches ask for them.
 */
async function aloneAtEnd(
  source: RowSource,
  stretches: readonly Stretch[],
  timeColumn: number,
): Promise<((stretch: Stretch) => boolean) | undefined> {
  const { series } = source;
  if (series === undefined || source.lastRows === undefined) return undefined;
  if (stretches.length < series.count * ASKED_SHARE) return undefined;
  const before = await source.lastRows(timeColumn, 1);
  if (before?.rep !== 'f64' || before.nulls !== undefined) return undefined;
  const { data } = before;
  const { starts } = series;
  return ({ end, time, series: s }) =>
    end === starts[s + 1] && (end - starts[s] === 1 || data[s] !== time);
}

/** The rows with their key's extreme time, all of equal ones. */
async function extremeRanges(
  times: SourceTimes,
  stretches: readonly Stretch[],
  extremes: Extremes,
  newest: boolean,
  isAlone: ((stretch: Stretch) => boolean) | undefined,
): Promise<RowRanges> {
  const ranges: RowRanges = { starts: [], ends: [] };
  for (const stretch of stretches) {
    const { start, end, key, time } = stretch;
    if (!extremes.isExtreme(key, time)) continue;
    const first = newest ? end - 1 : start;
    let low = first;
    let high = first + 1;
    const mayHaveEqual = isAlone?.(stretch) !== true;
    while (mayHaveEqual && (newest ? low > start : high < end)) {
      const beside = newest ? low - 1 : high;
      const loading = times.load(beside, beside + 1);
      if (loading !== undefined) await loading;
      if (times.at(beside) !== time) break;
      if (newest) low--;
      else high++;
    }
    const last = ranges.ends.length - 1;
    if (last >= 0 && ranges.ends[last] === low) ranges.ends[last] = high;
    else {
      ranges.starts.push(low);
      ranges.ends.push(high);
    }
  }
  return ranges;
}
