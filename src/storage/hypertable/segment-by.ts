/** Which columns make a series: declared, implied by indexes, or chosen by looking at the rows. */
import type { IndexDescriptor, TableDescriptor } from '../../catalog/catalog.ts';
import { liveColumns } from '../../catalog/catalog.ts';
import { OID, vectorRep } from '../../types/type.ts';
import type { HeadBuffer } from './head.ts';
import { hypertableOf } from './placement.ts';
import { columnCodes } from './sort-rows.ts';

/** A text column with fewer distinct values than this share of the rows may make a series. */
const DISTINCT_SHARE = 0.02;
const SERIES_MAX = 100_000;
/** Below so many rows nothing can be said about cardinality. */
const ROWS_MIN = 1024;

/** The series columns that the table's declaration or its indexes call for; undefined to choose. */
export function declaredSegmentBy(
  table: TableDescriptor,
  indexes: readonly IndexDescriptor[],
): readonly number[] | undefined {
  const { segmentBy, timeColumn } = hypertableOf(table);
  if (segmentBy !== null) return segmentBy.filter((attnum) => isUsable(table, attnum));
  const unique = indexes.find((index) => index.unique && keyOf(index).includes(timeColumn));
  const implied =
    unique === undefined
      ? indexes.map(keyOf).find((key) => key.indexOf(timeColumn) > 0)
      : keyOf(unique);
  if (implied === undefined) return undefined;
  const at = unique === undefined ? implied.indexOf(timeColumn) : implied.length;
  const columns = implied.slice(0, at).filter((attnum) => attnum !== timeColumn);
  const usable = columns.every((attnum) => isUsable(table, attnum));
  return columns.length > 0 && usable ? columns : undefined;
}

function keyOf(index: IndexDescriptor): number[] {
  return index.keys.map((key) => key.column);
}

/** Types whose stored values are equal exactly where SQL says so, and worth a run. */
function isUsable(table: TableDescriptor, attnum: number): boolean {
  const column = table.columns[attnum - 1];
  if (column === undefined || column.dropped === true) return false;
  return vectorRep(column.type.oid) !== 'any';
}

/** Text columns of low cardinality, most selective first, as far as their combinations stay few. */
export function chooseSegmentBy(
  table: TableDescriptor,
  head: HeadBuffer,
  rows: number,
): readonly number[] {
  if (rows < ROWS_MIN) return [];
  const limit = Math.min(rows * DISTINCT_SHARE, SERIES_MAX);
  const found: { attnum: number; distinct: number; codes: Int32Array }[] = [];
  for (const { attnum, type } of liveColumns(table)) {
    const column = head.columns.get(attnum);
    if (column === undefined || column.rep !== 'text' || type.oid === OID.json) continue;
    const codes = columnCodes(column.stored(), rows).subarray(0, rows);
    const distinct = countDistinct(codes);
    if (distinct <= limit) found.push({ attnum, distinct, codes });
  }
  found.sort((a, b) => b.distinct - a.distinct || a.attnum - b.attnum);
  return withinLimit(found, rows, limit);
}

function withinLimit(
  found: readonly { attnum: number; codes: Int32Array }[],
  rows: number,
  limit: number,
): number[] {
  const chosen: number[] = [];
  let ids = new Int32Array(rows);
  for (const { attnum, codes } of found) {
    const combined = combine(ids, codes, rows, limit);
    if (combined === undefined) continue;
    ids = combined;
    chosen.push(attnum);
  }
  return chosen.sort((a, b) => a - b);
}

/** Numbers for pairs, undefined where there are more than `limit` of them. */
function combine(
  ids: Int32Array,
  codes: Int32Array,
  rows: number,
  limit: number,
): Int32Array<ArrayBuffer> | undefined {
  const known = new Map<number, number>();
  const result = new Int32Array(rows);
  for (let i = 0; i < rows; i++) {
    const pair = ids[i] * 2 ** 25 + codes[i];
    let id = known.get(pair);
    if (id === undefined) {
      id = known.size;
      if (id >= limit) return undefined;
      known.set(pair, id);
    }
    result[i] = id;
  }
  return result;
}

function countDistinct(codes: Int32Array): number {
  const seen = new Set<number>();
  for (const code of codes) seen.add(code);
  return seen.size;
}
