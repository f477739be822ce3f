/** Chooses the order of inner joins: smallest first, then always what the conditions connect. */
import type { Expr } from '../expr.ts';
import { columnsOf, conjunction, conjuncts } from '../expr-walk.ts';
import type { LogicalNode } from '../logical.ts';
import type { RuleState } from '../optimize.ts';
import { estimateRows } from '../physical/estimate.ts';
import { idsOf, mapInputs } from '../plan-walk.ts';

type Join = Extract<LogicalNode, { kind: 'join' }>;

export function orderJoins(plan: LogicalNode, state: RuleState): LogicalNode {
  if (!isReorderable(plan)) return mapInputs(plan, (input) => orderJoins(input, state));
  const relations: LogicalNode[] = [];
  const conditions: Expr[] = [];
  flatten(plan, relations, conditions);
  const inputs = relations.map((relation) => orderJoins(relation, state));
  return inputs.length < 3 ? rebuild(plan, inputs) : greedy(inputs, conditions, state);
}

function isReorderable(node: LogicalNode): node is Join {
  return node.kind === 'join' && node.joinType === 'inner' && node.bindings.length === 0;
}

function flatten(node: LogicalNode, relations: LogicalNode[], conditions: Expr[]): void {
  if (!isReorderable(node)) {
    relations.push(node);
    return;
  }
  flatten(node.left, relations, conditions);
  flatten(node.right, relations, conditions);
  conditions.push(...conjuncts(node.condition));
}

function rebuild(node: Join, inputs: readonly LogicalNode[]): LogicalNode {
  return { ...node, left: inputs[0], right: inputs[1] };
}

function greedy(
  relations: readonly LogicalNode[],
  conditions: readonly Expr[],
  state: RuleState,
): LogicalNode {
  const left = relations.slice();
  const open = conditions.slice();
  const rows = (node: LogicalNode) => estimateRows(node, state.counts);
  let current = takeBest(left, (node) => rows(node));
  while (left.length > 0) {
    const ids = idsOf(current);
    const connected = left.filter((node) => open.some((part) => connects(part, ids, idsOf(node))));
    const pool = connected.length > 0 ? connected : left;
    const next = pool.reduce((best, node) => (rows(node) < rows(best) ? node : best));
    left.splice(left.indexOf(next), 1);
    const available = new Set([...ids, ...idsOf(next)]);
    const usable = open.filter((part) => [...columnsOf(part)].every((id) => available.has(id)));
    for (const part of usable) open.splice(open.indexOf(part), 1);
    current = {
      kind: 'join',
      joinType: 'inner',
      left: current,
      right: next,
      condition: conjunction(usable),
      bindings: [],
      nullAware: false,
      columns: [...current.columns, ...next.columns],
    };
  }
  const rest = conjunction(open);
  return rest === null
    ? current
    : { kind: 'filter', input: current, condition: rest, columns: current.columns };
}

function takeBest(nodes: LogicalNode[], cost: (node: LogicalNode) => number): LogicalNode {
  let best = 0;
  for (let i = 1; i < nodes.length; i++) if (cost(nodes[i]) < cost(nodes[best])) best = i;
  return nodes.splice(best, 1)[0];
}

function connects(part: Expr, a: ReadonlySet<number>, b: ReadonlySet<number>): boolean {
  const used = [...columnsOf(part)];
  return (
    used.some((id) => a.has(id)) &&
    used.some((id) => b.has(id)) &&
    used.every((id) => a.has(id) || b.has(id))
  );
}
