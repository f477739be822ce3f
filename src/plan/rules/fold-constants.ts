/** Evaluates what does not depend on rows, time or session. An error stays for run time. */
import type { EvalContext } from '../../functions/function.ts';
import { isHeavy } from '../../types/large-value.ts';
import type { Value } from '../../types/value.ts';
import type { Expr, LogicExpr } from '../expr.ts';
import type { LogicalNode } from '../logical.ts';
import type { RuleState } from '../optimize.ts';
import { mapExprsDeep, transformPlan } from '../plan-walk.ts';

export function foldConstants(plan: LogicalNode, state: RuleState): LogicalNode {
  return transformPlan(
    mapExprsDeep(plan, (expr) => foldExpr(expr, state)),
    withoutTrue,
  );
}

/** A condition that is always true is none. */
function withoutTrue(node: LogicalNode): LogicalNode {
  if (node.kind === 'filter') return isTrue(node.condition) ? node.input : node;
  if (node.kind !== 'join' || node.nullAware || !isTrue(node.condition)) return node;
  return { ...node, condition: null };
}

const isTrue = (expr: Expr | null): boolean => expr?.kind === 'constant' && expr.value === true;

function foldExpr(expr: Expr, state: RuleState): Expr {
  switch (expr.kind) {
    case 'call':
      return foldCall(expr, state);
    case 'cast':
      return foldCast(expr, state);
    case 'and':
    case 'or':
      return foldLogic(expr);
    case 'not': {
      const { arg } = expr;
      if (arg.kind !== 'constant') return expr;
      return { ...arg, value: arg.value === null ? null : arg.value !== true };
    }
    case 'is-null':
      if (expr.arg.kind !== 'constant') return expr;
      return {
        kind: 'constant',
        type: expr.type,
        value: (expr.arg.value === null) !== expr.negated,
      };
    case 'coalesce': {
      const first = expr.args.findIndex((arg) => arg.kind !== 'constant' || arg.value !== null);
      if (first < 0) return { kind: 'constant', type: expr.type, value: null };
      return expr.args[first].kind === 'constant' ? expr.args[first] : expr;
    }
    case 'subquery': {
      const plan = foldConstants(expr.plan, state);
      return plan === expr.plan ? expr : { ...expr, plan };
    }
    default:
      return expr;
  }
}

function foldCall(expr: Extract<Expr, { kind: 'call' }>, state: RuleState): Expr {
  const { fn, args } = expr;
  if (fn.volatility !== 'immutable' || fn.evaluateAsync !== undefined) return expr;
  const values: Value[] = [];
  let isNull = false;
  for (const arg of args) {
    if (arg.kind !== 'constant') return expr;
    if (arg.value === null) isNull = true;
    values.push(arg.value);
  }
  if (isNull && fn.strict) return { kind: 'constant', type: expr.type, value: null };
  // What takes long is left to execution, which does it in steps.
  if (fn.inSteps !== undefined && (fn.isLong?.(values) ?? values.some(isHeavy))) return expr;
  const value = attempt(() => fn.evaluate(values, immutableContext(state), expr.call));
  return value === undefined ? expr : { kind: 'constant', type: expr.type, value };
}

function foldCast(expr: Extract<Expr, { kind: 'cast' }>, state: RuleState): Expr {
  const { arg, convert } = expr;
  if (arg.kind !== 'constant') return expr;
  const input = arg.value;
  if (input === null || convert === false)
    return { kind: 'constant', type: expr.type, value: input };
  if (convert.inSteps !== undefined && isHeavy(input)) return expr;
  const value = attempt(() => convert(input, expr.type.typmod, state.env.format, expr.explicit));
  return value === undefined ? expr : { kind: 'constant', type: expr.type, value };
}

function foldLogic(expr: LogicExpr): Expr {
  const isAnd = expr.kind === 'and';
  const args: Expr[] = [];
  for (const arg of expr.args) {
    if (arg.kind === 'constant' && arg.value !== null) {
      if (arg.value === isAnd) continue;
      return { kind: 'constant', type: expr.type, value: !isAnd };
    }
    if (arg.kind === expr.kind) args.push(...arg.args);
    else args.push(arg);
  }
  if (args.length === 0) return { kind: 'constant', type: expr.type, value: isAnd };
  if (args.length === 1) return args[0];
  return args.length === expr.args.length && args.every((arg, i) => arg === expr.args[i])
    ? expr
    : { ...expr, args };
}

/** undefined where the evaluation fails: the statement may never get there. */
function attempt(evaluate: () => Value): Value | undefined {
  try {
    return evaluate();
  } catch {
    return undefined;
  }
}

/** Immutable functions see settings of format only; anything else they reach for fails and stays. */
function immutableContext(state: RuleState): EvalContext {
  return { format: state.env.format, catalog: state.env.catalog } as unknown as EvalContext;
}
