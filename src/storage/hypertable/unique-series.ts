/**
 * Look-ups of unique keys in a segment whose series are made of exactly the key's other columns: the
 * series by its key, then a binary search for the time. No map over all rows is needed.
 */
import { OID, type Oid } from '../../types/type.ts';
import type { RowSource } from './row-source.ts';
import type { SeriesTable } from './series-table.ts';
import { storedValueAt, type StoredColumn } from './stored-column.ts';
import { SourceTimes } from './source-times.ts';
import { keyBuilder, type KeyOf } from './unique-keys.ts';

/** First and last rows with this key and time, or none; deleted rows among them. */
export type FindRows = (row: number, time: number) => { start: number; end: number } | undefined;

const SERIES_KEYS = new WeakMap<SeriesTable, Map<string, Map<string, number>>>();

/** True where the series columns and the key's columns without the time are the same. */
export function isSeriesKey(
  segmentBy: readonly number[],
  keyWithoutTime: readonly number[],
): boolean {
  if (segmentBy.length === 0 || segmentBy.length !== keyWithoutTime.length) return false;
  return keyWithoutTime.every((attnum) => segmentBy.includes(attnum));
}

/** True for types whose equal values are stored alike: one series then has all rows of a key. */
export function isStoredEquality(type: Oid): boolean {
  return type !== OID.bpchar && type !== OID.float4 && type !== OID.float8;
}

/**
 * Prepares look-ups for the rows of a batch: `keyOf` gives their series keys, `wanted` those rows whose
 * time the segment reaches.
 */
export async function seriesFinder(
  source: RowSource,
  series: SeriesTable,
  attnums: readonly number[],
  types: readonly Oid[],
  keyOf: KeyOf,
  wanted: readonly number[],
): Promise<FindRows> {
  const byKey = seriesByKey(series, attnums, types);
  const times = new SourceTimes(source);
  const found = new Map<number, number>();
  for (const row of wanted) {
    const key = keyOf(row);
    const s = key === undefined ? undefined : byKey.get(key);
    if (s === undefined) continue;
    found.set(row, s);
    await times.load(series.starts[s], series.starts[s + 1]);
  }
  return (row, time) => {
    const s = found.get(row);
    if (s === undefined || time < series.minTimes[s] || time > series.maxTimes[s]) return undefined;
    const start = times.firstAtLeast(series.starts[s], series.starts[s + 1], time);
    const end = times.firstAbove(start, series.starts[s + 1], time);
    return start === end ? undefined : { start, end };
  };
}

function seriesByKey(
  series: SeriesTable,
  attnums: readonly number[],
  types: readonly Oid[],
): Map<string, number> {
  let maps = SERIES_KEYS.get(series);
  if (maps === undefined) SERIES_KEYS.set(series, (maps = new Map()));
  const signature = attnums.join();
  let byKey = maps.get(signature);
  if (byKey === undefined) {
    byKey = new Map();
    maps.set(signature, byKey);
    const readers = attnums.map((attnum) => {
      const column = series.columns.get(attnum) as StoredColumn;
      return (row: number) => storedValueAt(column, row);
    });
    const keyOf = keyBuilder(readers, types, true);
    for (let s = 0; s < series.count; s++) byKey.set(keyOf(s) as string, s);
  }
  return byKey;
}
