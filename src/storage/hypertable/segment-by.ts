/** Which columns make a series: declared, implied by indexes, or chosen by looking at the rows. */
import type { IndexDescriptor, TableDescriptor } from '../../catalog/catalog.ts';
import { liveColumns } from '../../catalog/catalog.ts';
import { OID, vectorRep } from '../../types/type.ts';
import { hypertableOf } from './placement.ts';
import { columnCodes } from './sort-rows.ts';
import type { StoredColumn } from './stored-column.ts';

/** A text column with fewer distinct values than this share of the rows may make a series. */
const DISTINCT_SHARE = 0.02;
const SERIES_MAX = 100_000;
/** Below so many rows nothing can be said about cardinality. */
const ROWS_MIN = 1024;
/** So many rows say enough; more would take too long at a time. */
const ROWS_MAX = 262_144;

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

interface Candidate {
  readonly attnum: number;
  readonly distinct: number;
  readonly codes: Int32Array;
  readonly highest: number;
}

/** Reads at least the first `rows` of a column, in steps; undefined where the rows lack it. */
export type ColumnSteps = (
  attnum: number,
  rows: number,
) => Generator<void, StoredColumn | undefined>;

/**
 * Text columns of low cardinality, most selective first, as far as their combinations stay few. In steps of
 * a column; of no column more than its first ROWS_MAX rows are asked for.
 */
export function* chooseSteps(
  table: TableDescriptor,
  columnOf: ColumnSteps,
  rows: number,
): Generator<void, readonly number[]> {
  if (rows < ROWS_MIN) return [];
  rows = Math.min(rows, ROWS_MAX);
  const limit = Math.min(rows * DISTINCT_SHARE, SERIES_MAX);
  const found: Candidate[] = [];
  for (const { attnum, type } of liveColumns(table)) {
    if (vectorRep(type.oid) !== 'text' || type.oid === OID.json) continue;
    const column = yield* columnOf(attnum, rows);
    yield;
    if (column === undefined || column.rep !== 'text') continue;
    const codes = columnCodes(column, rows).subarray(0, rows);
    const { distinct, highest } = yield* countDistinct(codes);
    if (distinct <= limit) found.push({ attnum, distinct, codes, highest });
  }
  found.sort((a, b) => b.distinct - a.distinct || a.attnum - b.attnum);
  return yield* withinLimit(found, rows, limit);
}

function* withinLimit(
  found: readonly Candidate[],
  rows: number,
  limit: number,
): Generator<void, number[]> {
  const chosen: number[] = [];
  let ids = new Int32Array(rows);
  let groups = 1;
  for (const { attnum, codes, highest } of found) {
    yield;
    const combined = yield* combine(ids, groups, codes, highest, limit);
    if (combined === undefined) continue;
    ids = combined.ids;
    groups = combined.groups;
    chosen.push(attnum);
  }
  return chosen.sort((a, b) => a - b);
}

/** Combinations up to which a table finds their numbers; above, a map does. */
const TABLE_LIMIT = 4_000_000;

/** Rows looked at between two pauses. */
const STEP_ROWS = 32_768;

/** Numbers for pairs, undefined where there are more than `limit` of them. */
function* combine(
  ids: Int32Array,
  groups: number,
  codes: Int32Array,
  highest: number,
  limit: number,
): Generator<void, { ids: Int32Array<ArrayBuffer>; groups: number } | undefined> {
  const width = highest + 1;
  const useTable = groups * width <= TABLE_LIMIT;
  const table = new Int32Array(useTable ? groups * width : 0).fill(-1);
  const known = new Map<number, number>();
  const result = new Int32Array(ids.length);
  let count = 0;
  for (let i = 0; i < ids.length; i++) {
    const pair = ids[i] * width + codes[i];
    let id = useTable ? table[pair] : (known.get(pair) ?? -1);
    if (id < 0) {
      if (count >= limit) return undefined;
      id = count++;
      if (useTable) table[pair] = id;
      else known.set(pair, id);
    }
    result[i] = id;
    if (i % STEP_ROWS === STEP_ROWS - 1) yield;
  }
  return { ids: result, groups: count };
}

function* countDistinct(codes: Int32Array): Generator<void, { distinct: number; highest: number }> {
  let highest = 0;
  for (let i = 0; i < codes.length; i++) if (codes[i] > highest) highest = codes[i];
  const seen = new Uint8Array(highest + 1);
  let distinct = 0;
  for (let i = 0; i < codes.length; i++) {
    if (i % STEP_ROWS === STEP_ROWS - 1) yield;
    if (seen[codes[i]] === 1) continue;
    seen[codes[i]] = 1;
    distinct++;
  }
  return { distinct, highest };
}
