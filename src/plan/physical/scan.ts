/** Scans of tables and of relations that the server computes. */
import type { CatalogSnapshot } from '../../catalog/catalog.ts';
import type { Expr } from '../expr.ts';
import { columnsOf, conjunction, conjuncts } from '../expr-walk.ts';
import type { LogicalScan, ScanColumn } from '../logical.ts';
import type { PhysicalNode } from '../physical.ts';
import {
  chooseIndex,
  columnPredicates,
  listPredicates,
  type ColumnPredicate,
  type IndexChoice,
} from './access-path.ts';
import { selectivity, type RowCounts } from './estimate.ts';
import { outputs, positionsOf, type Built } from './layout.ts';

export interface ScanInput {
  readonly scan: LogicalScan;
  readonly condition: Expr | null;
  readonly required: ReadonlySet<number>;
  readonly catalog: CatalogSnapshot;
  readonly counts: RowCounts;
  readonly place: (expr: Expr, positions: ReadonlyMap<number, number>) => Expr;
}

/** Plans a scan with the condition that stands right above it. */
export function buildScan(input: ScanInput): Built {
  const { scan, condition } = input;
  const table = scan.table;
  if (table.kind !== 'table') return buildVirtual(input);
  const predicates = columnPredicates(condition, scan.columns);
  const rows = input.counts(table);
  const lists = listPredicates(condition, scan.columns);
  const choice = chooseIndex(table, input.catalog.indexesOf(table.oid), predicates, lists, rows);
  const filter = choice === undefined ? condition : withoutEquals(condition, choice);
  const columns = neededColumns(scan, filter, input.required);
  const positions = positionsOf(columns);
  const attnums = columns.map((column) => column.attnum);
  const common = {
    table,
    attnums,
    filter: filter === null ? null : input.place(filter, positions),
    columns: outputs(columns),
  };
  if (choice !== undefined) {
    const estimatedRows = choice.unique
      ? 1
      : Math.max(1, Math.round(rows * selectivity(condition)));
    const node: PhysicalNode = {
      kind: 'index-scan',
      ...common,
      ...indexBounds(choice),
      descending: false,
      estimatedRows,
    };
    return { node, columns };
  }
  const node: PhysicalNode = {
    kind: 'table-scan',
    ...common,
    predicates: predicates.map(({ attnum, op, values }) => ({ column: attnum, op, values })),
    predicatesAreExact: conjuncts(condition).length === predicates.length,
    timeOrder: null,
    latest: null,
    estimatedRows: Math.max(1, Math.round(rows * selectivity(condition))),
  };
  return { node, columns };
}

function buildVirtual(input: ScanInput): Built {
  const { scan, condition } = input;
  const columns = neededColumns(scan, condition, input.required);
  const node: PhysicalNode = {
    kind: 'virtual-scan',
    table: scan.table as Extract<PhysicalNode, { kind: 'virtual-scan' }>['table'],
    attnums: columns.map((column) => column.attnum),
    filter: condition === null ? null : input.place(condition, positionsOf(columns)),
    columns: outputs(columns),
    estimatedRows: Math.max(1, Math.round(100 * selectivity(condition))),
  };
  return { node, columns };
}

function neededColumns(
  scan: LogicalScan,
  filter: Expr | null,
  required: ReadonlySet<number>,
): ScanColumn[] {
  const needed = new Set(required);
  if (filter !== null) columnsOf(filter, needed);
  return scan.columns.filter((column) => needed.has(column.id));
}

function indexBounds(choice: IndexChoice) {
  const bound = (predicate: ColumnPredicate | null) =>
    predicate === null
      ? null
      : { value: predicate.values[0], inclusive: predicate.op.length === 2 };
  return {
    index: choice.index,
    equals: choice.equals.map((predicate) => predicate.values[0]),
    anyOf: choice.anyOf,
    lower: bound(choice.lower),
    upper: bound(choice.upper),
  };
}

/** An equality on a key is exact; bounds and lists stay in the filter, which also drops NULLs. */
function withoutEquals(condition: Expr | null, choice: IndexChoice): Expr | null {
  const used = new Set(choice.equals.map((predicate) => predicate.source));
  return conjunction(conjuncts(condition).filter((part) => !used.has(part)));
}
