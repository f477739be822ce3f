/** WITH queries that are used once and have no effects become ordinary subqueries. */
import { hasVolatileCall } from '../expr-walk.ts';
import type { LogicalNode } from '../logical.ts';
import { exprsOf, inputsOf, mapExprsDeep, transformPlan } from '../plan-walk.ts';

export function inlineCtes(plan: LogicalNode): LogicalNode {
  return transformPlan(plan, (node) => (node.kind === 'with' ? inlineIn(node) : node));
}

function inlineIn(node: Extract<LogicalNode, { kind: 'with' }>): LogicalNode {
  let current: LogicalNode = node;
  for (const cte of node.ctes) {
    if (cte.modifying || cte.materialized === 'always' || cte.plan.kind === 'recursive-union')
      continue;
    if (current.kind !== 'with') break;
    const declared = current.ctes.find((candidate) => candidate.cteId === cte.cteId);
    if (declared === undefined || hasEffects(declared.plan)) continue;
    const uses = countUses(current, cte.cteId);
    if (uses.inPlan !== 1 || uses.inSubqueries !== 0 || uses.inRecursion !== 0) continue;
    const rest = current.ctes.filter((candidate) => candidate !== declared);
    const replaced = replaceScan({ ...current, ctes: rest }, cte.cteId, declared.plan);
    current = replaced.kind === 'with' && replaced.ctes.length === 0 ? replaced.body : replaced;
  }
  return current;
}

interface Uses {
  inPlan: number;
  inSubqueries: number;
  inRecursion: number;
}

function countUses(plan: LogicalNode, cteId: number): Uses {
  const uses: Uses = { inPlan: 0, inSubqueries: 0, inRecursion: 0 };
  const visit = (node: LogicalNode, place: keyof Uses): void => {
    if (node.kind === 'cte-scan' && node.cteId === cteId) uses[place]++;
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
  return uses;
}

/** The node with leaves for inputs, so that only its own expressions are visited. */
function stripInputs(node: LogicalNode): LogicalNode {
  return { kind: 'values', rows: [exprsOf(node)], columns: [] };
}

function replaceScan(plan: LogicalNode, cteId: number, replacement: LogicalNode): LogicalNode {
  return transformPlan(plan, (node) => {
    if (node.kind !== 'cte-scan' || node.cteId !== cteId) return node;
    return {
      kind: 'project',
      input: replacement,
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
