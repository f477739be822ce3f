/**
 * Holds the plan of a statement against the plan of the same statement with parameters for its literals.
 * Where they differ in nothing but constants, the latter serves every statement of the shape.
 */
import type { Expr } from '../../plan/expr.ts';
import { isVolatile, someExpr } from '../../plan/expr-walk.ts';
import type { PhysicalPlan } from '../../plan/physical.ts';
import type { Value } from '../../types/value.ts';

export interface MergedPlan {
  readonly plan: PhysicalPlan;
  /** Values that the plan takes as parameters after those of the literals, computed from them. */
  readonly derived: readonly Expr[];
  /** Expressions of the parameters, and the values that they have for the first plan's literals. */
  readonly checks: readonly { readonly expr: Expr; readonly value: Value }[];
}

class Different extends Error {
  override name = 'Different';
}

/** undefined where the plans differ in more than constants. */
export function mergePlans(plain: PhysicalPlan, generic: PhysicalPlan): MergedPlan | undefined {
  const derived: Expr[] = [];
  const checks: { expr: Expr; value: Value }[] = [];
  const first = generic.parameterTypes.length;
  const derive = (expr: Expr, value: Value): Expr => {
    checks.push({ expr, value });
    if (expr.kind === 'parameter') return expr;
    derived.push(expr);
    return { kind: 'parameter', type: expr.type, index: first + derived.length - 1 };
  };
  try {
    const root = merge(plain.root, generic.root, derive) as PhysicalPlan['root'];
    return { plan: { ...generic, root, parameterTypes: [] }, derived, checks };
  } catch (error) {
    if (error instanceof Different) return undefined;
    throw error;
  }
}

type Derive = (expr: Expr, value: Value) => Expr;

/** Estimates may see constants. */
const IGNORED: ReadonlySet<string> = new Set(['estimatedRows', 'location', 'parameterTypes']);

function merge(plain: unknown, generic: unknown, derive: Derive): unknown {
  if (Object.is(plain, generic)) return generic;
  if (typeof plain !== 'object' || typeof generic !== 'object') throw new Different();
  if (plain === null || generic === null) throw new Different();
  if (Array.isArray(plain) || Array.isArray(generic)) {
    if (!Array.isArray(plain) || !Array.isArray(generic)) throw new Different();
    if (plain.length !== generic.length) throw new Different();
    return plain.map((item, i) => merge(item, generic[i], derive));
  }
  if (isConstant(plain) && isExpr(generic) && generic.kind !== 'constant') {
    if (plain.type.oid !== generic.type.oid || !isOfParameters(generic)) throw new Different();
    return derive(generic, plain.value);
  }
  return mergeObjects(plain as Fields, generic as Fields, derive);
}

type Fields = Readonly<Record<string, unknown>>;

function mergeObjects(plain: Fields, generic: Fields, derive: Derive): unknown {
  if (Object.getPrototypeOf(plain) !== Object.prototype) throw new Different();
  if (Object.getPrototypeOf(generic) !== Object.prototype) throw new Different();
  const keys = Object.keys(generic);
  if (keys.length !== Object.keys(plain).length) throw new Different();
  const result: Record<string, unknown> = {};
  for (const key of keys) {
    if (!(key in plain)) throw new Different();
    result[key] = IGNORED.has(key) ? generic[key] : merge(plain[key], generic[key], derive);
  }
  return result;
}

function isExpr(value: object): value is Expr {
  return 'kind' in value && 'type' in value;
}

function isConstant(value: object): value is Extract<Expr, { kind: 'constant' }> {
  return isExpr(value) && value.kind === 'constant';
}

/** Computed from parameters and constants alone, the same every time. */
function isOfParameters(expr: Expr): boolean {
  if (isVolatile(expr)) return false;
  return !someExpr(expr, ({ kind }) =>
    ['column', 'exec-param', 'subquery', 'subplan'].includes(kind),
  );
}
