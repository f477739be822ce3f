/**
 * LATERAL (SELECT ... FROM table WHERE key = outer AND ...) becomes an ordinary join: its condition on the
 * outer row is the join's. For outer rows that are few, running the subquery for each reads less, and it stays.
 */
import type { Expr } from '../expr.ts';
import {
  columnExpr,
  columnsOf,
  conjunction,
  conjuncts,
  isVolatile,
  someExpr,
  withBoundValues,
} from '../expr-walk.ts';
import type { LogicalNode } from '../logical.ts';
import type { RuleState } from '../optimize.ts';
import { estimateRows } from '../physical/estimate.ts';
import { splitJoinCondition } from '../physical/join-keys.ts';
import { exprsOf, idsOf, transformPlan } from '../plan-walk.ts';

/** Outer rows, as estimated, whose look-ups are taken to read as much as the whole table. */
const OUTER_ROWS_MIN = 200;

type Join = Extract<LogicalNode, { kind: 'join' }>;

export function unnestRows(plan: LogicalNode, state: RuleState): LogicalNode {
  return transformPlan(plan, (node) => (node.kind === 'join' ? unnest(node, state) : node));
}

function unnest(node: Join, state: RuleState): LogicalNode {
  const { joinType, bindings, left } = node;
  if (bindings.length === 0 || (joinType !== 'inner' && joinType !== 'left')) return node;
  if (!bindings.every(({ value }) => !isVolatile(value))) return node;
  if (estimateRows(left, state.counts) < OUTER_ROWS_MIN) return node;
  const right = withoutCorrelation(node.right);
  if (right === undefined) return node;
  const outer = right.conditions.map((condition) => withBoundValues(condition, bindings));
  const condition = conjunction([...outer, ...conjuncts(node.condition)]);
  // A loop over all pairs would be worse than one that storage answers for each outer row.
  if (splitJoinCondition(condition, idsOf(left), idsOf(right.node)).left.length === 0) return node;
  const columns = [...left.columns, ...right.node.columns];
  const input: LogicalNode = { ...node, right: right.node, condition, bindings: [], columns };
  return { kind: 'project', input, exprs: node.columns.map(columnExpr), columns: node.columns };
}

interface Uncorrelated {
  /** The subquery without its conditions on the outer row, and with the columns that these need. */
  readonly node: LogicalNode;
  readonly conditions: readonly Expr[];
}

/** Takes the conditions on the outer row out of a chain of filters and projections over a table. */
function withoutCorrelation(node: LogicalNode): Uncorrelated | undefined {
  switch (node.kind) {
    case 'scan':
      return { node, conditions: [] };
    case 'filter': {
      const below = withoutCorrelation(node.input);
      if (below === undefined || isVolatile(node.condition)) return undefined;
      const parts = conjuncts(node.condition);
      const stay = conjunction(parts.filter((part) => !isCorrelated(part)));
      const input = below.node;
      const { columns } = input;
      return {
        node: stay === null ? input : { kind: 'filter', input, condition: stay, columns },
        conditions: [...below.conditions, ...parts.filter(isCorrelated)],
      };
    }
    case 'project': {
      const below = withoutCorrelation(node.input);
      const isPlain = exprsOf(node).every((expr) => !isVolatile(expr) && !isCorrelated(expr));
      if (below === undefined || !isPlain) return undefined;
      return { ...below, node: passingUp(node, below) };
    }
    default:
      return undefined;
  }
}

/** The projection with the columns that the conditions taken out of it need. */
function passingUp(
  node: Extract<LogicalNode, { kind: 'project' }>,
  { node: input, conditions }: Uncorrelated,
): LogicalNode {
  const present = idsOf(node);
  const needed = new Set(conditions.flatMap((condition) => [...columnsOf(condition)]));
  const added = input.columns.filter(({ id }) => needed.has(id) && !present.has(id));
  return {
    ...node,
    input,
    exprs: [...node.exprs, ...added.map(columnExpr)],
    columns: [...node.columns, ...added],
  };
}

const isCorrelated = (expr: Expr): boolean => someExpr(expr, ({ kind }) => kind === 'exec-param');
