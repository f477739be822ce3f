/** Compiles the expressions of a plan that was long in the making, so that its operators find them compiled. */
import type { Steps } from '../base/steps.ts';
import type { Expr } from '../plan/expr.ts';
import type { PhysicalNode } from '../plan/physical.ts';
import { compileSteps } from './expression.ts';

/** Keys of nodes that lead out of the plan, or to no expression. */
const SKIPPED: ReadonlySet<string> = new Set(['table', 'index', 'fn', 'call', 'columns', 'type']);

const COMPILED = new WeakSet<PhysicalNode>();

export function* compilePlan(root: PhysicalNode): Steps<void> {
  if (COMPILED.has(root)) return;
  yield* compileSteps(exprsBelow(root));
  COMPILED.add(root);
}

/** The expressions that nodes hold, not those that these are made of. */
function* exprsBelow(item: unknown): Generator<Expr, void, void> {
  if (typeof item !== 'object' || item === null) return;
  if (isExpr(item)) {
    yield item;
    return;
  }
  if (Array.isArray(item)) {
    for (const each of item) yield* exprsBelow(each);
    return;
  }
  for (const [key, child] of Object.entries(item)) {
    if (!SKIPPED.has(key)) yield* exprsBelow(child);
  }
}

/** Expressions have a kind and a type, nodes a kind and an estimate. */
function isExpr(item: object): item is Expr {
  return 'kind' in item && 'type' in item && !('estimatedRows' in item);
}
