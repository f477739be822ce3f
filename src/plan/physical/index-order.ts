/** Sorts that an index of an ordinary table makes needless. */
import type { CatalogSnapshot, IndexDescriptor, TableDescriptor } from '../../catalog/catalog.ts';
import type { Expr } from '../expr.ts';
import type { IndexScanNode, PhysicalNode, SortKey, TableScanNode } from '../physical.ts';
import { LOOKUP_COST_ROWS } from './access-path.ts';

/** A sort key as a column of the table that is read. */
interface ColumnKey {
  readonly attnum: number;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

/** What a whole table may be read through an index for: the first rows of many. */
export interface FirstRows {
  readonly catalog: CatalogSnapshot;
  readonly limit: Expr;
  readonly offset: Expr | null;
}

/** The input rebuilt so that it comes sorted by the keys; undefined where no index at hand has this order. */
export function inIndexOrder(
  node: PhysicalNode,
  keys: readonly SortKey[],
  first?: FirstRows,
): PhysicalNode | undefined {
  const positions: number[] = [];
  for (const { expr } of keys) {
    if (expr.kind !== 'column') return undefined;
    positions.push(expr.index);
  }
  return ordered(node, keys, positions, first);
}

function ordered(
  node: PhysicalNode,
  keys: readonly SortKey[],
  positions: readonly number[],
  first: FirstRows | undefined,
): PhysicalNode | undefined {
  switch (node.kind) {
    case 'index-scan': {
      const descending = orderOf(node, columnKeys(node, keys, positions));
      return descending === undefined ? undefined : { ...node, descending };
    }
    case 'table-scan':
      return first && firstRows(node, columnKeys(node, keys, positions), first);
    case 'filter': {
      // Nobody knows how many rows have to be looked up for one that passes.
      const input = ordered(node.input, keys, positions, undefined);
      return input && { ...node, input };
    }
    case 'project': {
      const below: number[] = [];
      for (const position of positions) {
        const expr = node.exprs[position];
        if (expr.kind !== 'column') return undefined;
        below.push(expr.index);
      }
      const input = ordered(node.input, keys, below, first);
      return input && { ...node, input };
    }
    default:
      return undefined;
  }
}

function columnKeys(
  node: IndexScanNode | TableScanNode,
  keys: readonly SortKey[],
  positions: readonly number[],
): ColumnKey[] {
  return keys.map(({ descending, nullsFirst }, i) => ({
    attnum: node.attnums[positions[i]],
    descending,
    nullsFirst,
  }));
}

/** Which way the scan has to go; undefined where neither gives the order. */
function orderOf(
  { index, table, equals, lower, upper, anyOf }: ScanOfIndex,
  wanted: readonly ColumnKey[],
): boolean | undefined {
  const fixed = new Set(index.keys.slice(0, equals.length).map(({ column }) => column));
  let at = equals.length;
  let isReverse: boolean | undefined;
  for (const key of wanted) {
    if (fixed.has(key.attnum)) continue;
    // Of rows that are equal so far there is one.
    if (at === index.keys.length && isOneRow(index, table)) break;
    const own = index.keys[at];
    if (own === undefined || own.column !== key.attnum) return undefined;
    const reverse = own.descending !== key.descending;
    if (reverse !== (isReverse ?? reverse)) return undefined;
    isReverse = reverse;
    const isBounded = at === equals.length && (lower ?? upper ?? anyOf) !== null;
    const hasNulls = !isBounded && !isNotNull(table, key.attnum);
    if (hasNulls && (own.nullsFirst !== reverse) !== key.nullsFirst) return undefined;
    fixed.add(key.attnum);
    at++;
  }
  return isReverse ?? false;
}

type ScanOfIndex = Pick<IndexScanNode, 'index' | 'table' | 'equals' | 'lower' | 'upper' | 'anyOf'>;

const isNotNull = (table: TableDescriptor, attnum: number): boolean =>
  table.columns[attnum - 1]?.notNull === true;

const isOneRow = (index: IndexDescriptor, table: TableDescriptor): boolean =>
  index.unique && index.keys.every(({ column }) => isNotNull(table, column));

/** A whole table by an index, where few rows are wanted of it. */
function firstRows(
  node: TableScanNode,
  wanted: readonly ColumnKey[],
  { catalog, limit, offset }: FirstRows,
): IndexScanNode | undefined {
  const { table, attnums, columns, estimatedRows } = node;
  if (table.hypertable !== null || node.filter !== null || node.predicates.length > 0) {
    return undefined;
  }
  if ((rowsOf(limit) + rowsOf(offset)) * LOOKUP_COST_ROWS > estimatedRows) return undefined;
  for (const index of catalog.indexesOf(table.oid)) {
    if (index.method !== 'btree' || index.predicateSql !== undefined) continue;
    const bounds = { equals: [], anyOf: null, lower: null, upper: null };
    const descending = orderOf({ index, table, ...bounds }, wanted);
    if (descending === undefined) continue;
    const common = { table, index, attnums, columns, estimatedRows, filter: null };
    return { kind: 'index-scan', ...common, ...bounds, descending };
  }
  return undefined;
}

/** Rows that a LIMIT or OFFSET stands for; a few, where it is not known yet. */
function rowsOf(expr: Expr | null): number {
  if (expr === null) return 0;
  if (expr.kind !== 'constant') return 1;
  return expr.value === null ? Infinity : Number(expr.value);
}
