/** Generic traversal of logical plans. */
import type { Expr } from './expr.ts';
import { transformExpr } from './expr-walk.ts';
import type { LogicalNode } from './logical.ts';
import type { SortKey, WindowFrame } from './physical.ts';

/** Rebuilds a node with `change` applied to each input plan. */
export function mapInputs(
  node: LogicalNode,
  change: (input: LogicalNode) => LogicalNode,
): LogicalNode {
  switch (node.kind) {
    case 'scan':
    case 'values':
    case 'function-scan':
    case 'cte-scan':
    case 'work-table':
      return node;
    case 'join':
    case 'set-operation': {
      const left = change(node.left);
      const right = change(node.right);
      return left === node.left && right === node.right ? node : { ...node, left, right };
    }
    case 'append': {
      const inputs = node.inputs.map((input) => change(input));
      return inputs.every((input, i) => input === node.inputs[i]) ? node : { ...node, inputs };
    }
    case 'with': {
      const ctes = node.ctes.map((cte) => ({ ...cte, plan: change(cte.plan) }));
      const body = change(node.body);
      const same = body === node.body && ctes.every((cte, i) => cte.plan === node.ctes[i].plan);
      return same ? node : { ...node, ctes, body };
    }
    case 'recursive-union': {
      const seed = change(node.seed);
      const step = change(node.step);
      return seed === node.seed && step === node.step ? node : { ...node, seed, step };
    }
    default: {
      const input = change(node.input);
      return input === node.input ? node : { ...node, input };
    }
  }
}

export function inputsOf(node: LogicalNode): LogicalNode[] {
  const inputs: LogicalNode[] = [];
  mapInputs(node, (input) => {
    inputs.push(input);
    return input;
  });
  return inputs;
}

const mapKeys = (keys: readonly SortKey[], change: (expr: Expr) => Expr): SortKey[] =>
  keys.map((key) => ({ ...key, expr: change(key.expr) }));

function mapFrame(frame: WindowFrame, change: (expr: Expr) => Expr): WindowFrame {
  const start =
    'offset' in frame.start ? { ...frame.start, offset: change(frame.start.offset) } : frame.start;
  const end =
    'offset' in frame.end ? { ...frame.end, offset: change(frame.end.offset) } : frame.end;
  return { ...frame, start, end };
}

/** Rebuilds a node with `change` applied to each expression that it holds itself. */
export function mapExprs(node: LogicalNode, change: (expr: Expr) => Expr): LogicalNode {
  const optional = (expr: Expr | null): Expr | null => (expr === null ? null : change(expr));
  switch (node.kind) {
    case 'values':
      return { ...node, rows: node.rows.map((row) => row.map((expr) => change(expr))) };
    case 'function-scan':
      return {
        ...node,
        functions: node.functions.map((fn) => ({ ...fn, args: fn.args.map((arg) => change(arg)) })),
      };
    case 'project-set':
      return {
        ...node,
        functions: node.functions.map((fn) => ({ ...fn, args: fn.args.map((arg) => change(arg)) })),
      };
    case 'filter':
      return { ...node, condition: change(node.condition) };
    case 'project':
      return { ...node, exprs: node.exprs.map((expr) => change(expr)) };
    case 'aggregate':
      return {
        ...node,
        groups: node.groups.map((group) => ({ ...group, expr: change(group.expr) })),
        aggregates: node.aggregates.map((call) => ({
          ...call,
          args: call.args.map((arg) => change(arg)),
          directArgs: call.directArgs.map((arg) => change(arg)),
          filter: optional(call.filter),
          orderBy: mapKeys(call.orderBy, change),
        })),
      };
    case 'window':
      return {
        ...node,
        partitionBy: node.partitionBy.map((expr) => change(expr)),
        orderBy: mapKeys(node.orderBy, change),
        frame: mapFrame(node.frame, change),
        calls: node.calls.map((call) => ({
          ...call,
          args: call.args.map((arg) => change(arg)),
          filter: optional(call.filter),
        })),
      };
    case 'sort':
      return { ...node, keys: mapKeys(node.keys, change) };
    case 'limit':
      return {
        ...node,
        limit: optional(node.limit),
        offset: optional(node.offset),
        tiesKeys: node.tiesKeys === null ? null : mapKeys(node.tiesKeys, change),
      };
    case 'distinct-on':
      return { ...node, keys: node.keys.map((expr) => change(expr)) };
    case 'join':
      return {
        ...node,
        condition: optional(node.condition),
        bindings: node.bindings.map((binding) => ({ ...binding, value: change(binding.value) })),
      };
    case 'insert':
      return {
        ...node,
        onConflict:
          node.onConflict === null
            ? null
            : {
                ...node.onConflict,
                arbiters: node.onConflict.arbiters.map(({ index, keys, predicate }) => ({
                  index,
                  keys: keys.map((expr) => change(expr)),
                  predicate: optional(predicate),
                })),
                set: node.onConflict.set.map((expr) => change(expr)),
                where: optional(node.onConflict.where),
              },
        returning: node.returning?.map((expr) => change(expr)) ?? null,
      };
    case 'update':
    case 'delete':
      return { ...node, returning: node.returning?.map((expr) => change(expr)) ?? null };
    default:
      return node;
  }
}

/** Applies `change` bottom-up to every expression in the plan, and to their sub-expressions. */
export function mapExprsDeep(node: LogicalNode, change: (expr: Expr) => Expr): LogicalNode {
  const inner = mapInputs(node, (input) => mapExprsDeep(input, change));
  return mapExprs(inner, (expr) => transformExpr(expr, change));
}

/** Rewrites nodes bottom-up. */
export function transformPlan(
  node: LogicalNode,
  change: (node: LogicalNode) => LogicalNode,
): LogicalNode {
  return change(mapInputs(node, (input) => transformPlan(input, change)));
}

/** All expressions of one node. */
export function exprsOf(node: LogicalNode): Expr[] {
  const exprs: Expr[] = [];
  mapExprs(node, (expr) => {
    exprs.push(expr);
    return expr;
  });
  return exprs;
}

export const idsOf = (node: LogicalNode): Set<number> =>
  new Set(node.columns.map((column) => column.id));
