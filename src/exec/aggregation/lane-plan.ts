/**
 * Which aggregates can be computed on lanes where no summary answers them: those straight over a scan of
 * a hypertable, whose condition and arguments are made of whole numbers and of what is constant in runs.
 */
import { vectorRep } from '../../types/type.ts';
import type { Expr } from '../../plan/expr.ts';
import type {
  AggregateCall,
  AggregateNode,
  PhysicalNode,
  TableScanNode,
} from '../../plan/physical.ts';
import { isAsync, isVolatile, usedColumns } from '../expr/walk.ts';
import { isFrozen } from '../frozen-scan.ts';
import { truthTree, valueTree, type NumberTree, type TruthTree } from '../lanes/lane-tree.ts';
import type { ExecContext } from '../operator.ts';
import { takesCounts } from './counted-call.ts';

/** What a call takes. */
export interface LaneCall {
  readonly call: AggregateCall;
  /** Rows only, numbers added up, or each number with how often it comes. */
  readonly kind: 'rows' | 'numbers' | 'distinct' | 'counts';
  readonly filter: TruthTree | null;
  readonly value: NumberTree | undefined;
}

export interface LanePlan {
  readonly scan: TableScanNode;
  readonly condition: TruthTree | null;
  readonly calls: readonly LaneCall[];
}

export function lanePlan(node: AggregateNode, context: ExecContext): LanePlan | undefined {
  const scan = node.input;
  if (scan.kind !== 'table-scan' || scan.table.hypertable === null) return undefined;
  if (scan.timeOrder !== null || scan.latest !== null || isFrozen(scan, context)) return undefined;
  const condition = scan.filter === null ? null : truthTree(scan.filter);
  if (condition === undefined) return undefined;
  const calls = laneCalls(node.aggregates, scan);
  return calls && { scan, condition, calls };
}

/** The same for rows that satisfy the condition already. */
export function filteredLanePlan({ aggregates, input }: AggregateNode): LanePlan | undefined {
  if (input.kind !== 'table-scan') return undefined;
  const calls = laneCalls(aggregates, input);
  return calls && { scan: input, condition: null, calls };
}

function laneCalls(all: readonly AggregateCall[], scan: TableScanNode): LaneCall[] | undefined {
  const calls: LaneCall[] = [];
  for (const call of all) {
    const found = laneCall(call, scan);
    if (found === undefined) return undefined;
    calls.push(found);
  }
  return calls;
}

/** Whether a scan's condition is about values beside those that series have: no summary answers it. */
export function comparesValues(node: PhysicalNode): boolean {
  if (node.kind !== 'table-scan' || node.table.hypertable === null) return false;
  const { timeColumn } = node.table.hypertable;
  return node.predicates.some(
    ({ column, op }) => column !== timeColumn && op !== '=' && op !== 'in',
  );
}

function laneCall(call: AggregateCall, scan: TableScanNode): LaneCall | undefined {
  const filter = call.filter === null ? null : truthTree(call.filter);
  if (filter === undefined) return undefined;
  const kind = kindOf(call);
  if (kind === undefined) return undefined;
  const [arg] = kind === 'counts' ? [call.orderBy[0].expr] : call.args;
  if (kind === 'rows' && (arg === undefined || isNotNull(arg, scan))) {
    return { call, kind, filter, value: undefined };
  }
  const value = valueTree(arg);
  if (value !== undefined) return { call, kind, filter, value };
  if (kind !== 'distinct' || isAsync(arg) || isVolatile(arg)) return undefined;
  return usedColumns([arg]).length === 0 ? undefined : { call, kind, filter, value };
}

function kindOf(call: AggregateCall): LaneCall['kind'] | undefined {
  const { fn, args, distinct, orderBy } = call;
  if (takesCounts(call)) return 'counts';
  if (fn.orderedSetDirectArgs !== undefined) return undefined;
  if (args.length > 1) return undefined;
  if (distinct) return args.length === 1 && fn.orderInsensitive === true ? 'distinct' : undefined;
  const { statistics } = fn;
  if (statistics === undefined || orderBy.length > 0) return undefined;
  if (statistics.length === 0) return 'rows';
  return statistics.includes('ends') ? undefined : 'numbers';
}

function isNotNull(expr: Expr, { attnums, table }: TableScanNode): boolean {
  if (expr.kind !== 'column' || vectorRep(expr.type.oid) === 'any') return false;
  const attnum = attnums[expr.index];
  return attnum > 0 && table.columns[attnum - 1].notNull;
}
