/** WITH queries that are used once and have no effects become ordinary subqueries. */
import { hasVolatileCall } from '../expr-walk.ts';
import type { LogicalNode } from '../logical.ts';
import { exprsOf, inputsOf, mapExprsDeep, transformPlan } from '../plan-walk.ts';

export function inlineCtes(plan: LogicalNode): LogicalNode {
  return transformPlan(plan, (node) => (node.kind === 'with' ? inlineIn(node) : node));
}

/**
 * One count serves all: a plan moves only to where it ran anyhow, so what it uses in turn stays in the
 * same kind of place.
 */
function inlineIn(node: Extract<LogicalNode, { kind: 'with' }>): LogicalNode {
  const uses = countUses(node);
  const inlined = new Map<number, LogicalNode>();
  for (const cte of node.ctes) {
    if (cte.modifying || cte.materialized === 'always' || cte.plan.kind === 'recursive-union')
      continue;
    const use = uses.get(cte.cteId);
    if (use === undefined || use.inPlan !== 1 || use.inSubqueries !== 0 || use.inRecursion !== 0)
      continue;
    if (!hasEffects(cte.plan)) inlined.set(cte.cteId, cte.plan);
  }
  if (inlined.size === 0) return node;
  const rest = node.ctes.filter((cte) => !inlined.has(cte.cteId));
  const replaced = replaceScans({ ...node, ctes: rest }, inlined);
  return replaced.kind === 'with' && replaced.ctes.length === 0 ? replaced.body : replaced;
}

interface Uses {
  inPlan: number;
  inSubqueries: number;
  inRecursion: number;
}

/** How often the plan reads each CTE, by place. */
function countUses(plan: LogicalNode): Map<number, Uses> {
  const all = new Map<number, Uses>();
  const visit = (node: LogicalNode, place: keyof Uses): void => {
    if (node.kind === 'cte-scan') {
      const uses = all.get(node.cteId) ?? { inPlan: 0, inSubqueries: 0, inRecursion: 0 };
      uses[place]++;
      all.set(node.cteId, uses);
    }
    mapExprsDeep(stripInputs(node), (expr) => {
      if (expr.kind === 'subquery') visit(expr.plan, 'inSubqueries');
      return expr;
    });
    const inner = node.kind === 'recursive-union' && place === 'inPlan' ? 'inRecursion' : place;
    // The right side of a LATERAL join runs again for each left row.
    for (const input of inputsOf(node)) {
      const lateral = node.kind === 'join' && node.bindings.length > 0 && input === node.right;
      visit(input, lateral ? 'inSubqueries' : inner);
    }
  };
  visit(plan, 'inPlan');
  return all;
}

/** The node with leaves for inputs, so that only its own expressions are visited. */
function stripInputs(node: LogicalNode): LogicalNode {
  return { kind: 'values', rows: [exprsOf(node)], columns: [] };
}

function replaceScans(
  plan: LogicalNode,
  replacements: ReadonlyMap<number, LogicalNode>,
): LogicalNode {
  return transformPlan(plan, (node) => {
    const replacement = node.kind === 'cte-scan' ? replacements.get(node.cteId) : undefined;
    if (replacement === undefined) return node;
    return {
      kind: 'project',
      input: replaceScans(replacement, replacements),
      exprs: replacement.columns.map((column) => ({
        kind: 'column',
        type: column.type,
        index: column.id,
      })),
      columns: node.columns,
    };
  });
}

function hasEffects(plan: LogicalNode): boolean {
  if (
    plan.kind === 'lock-rows' ||
    plan.kind === 'insert' ||
    plan.kind === 'update' ||
    plan.kind === 'delete'
  )
    return true;
  if (exprsOf(plan).some((expr) => hasVolatileCall(expr))) return true;
  if (plan.kind === 'function-scan' || plan.kind === 'project-set') {
    if (plan.functions.some((fn) => fn.fn.volatility === 'volatile')) return true;
  }
  return inputsOf(plan).some((input) => hasEffects(input));
}
