/** Generic traversal of expressions: children, rewriting, comparison. */
import type { ColumnExpr, ExecParamBinding, Expr, SubqueryExpr } from './expr.ts';
import type { LogicalColumn } from './logical.ts';

/** Rebuilds an expression with `change` applied to its direct children; shares what is unchanged. */
export function mapChildren(expr: Expr, change: (child: Expr) => Expr): Expr {
  switch (expr.kind) {
    case 'constant':
    case 'column':
    case 'parameter':
    case 'exec-param':
      return expr;
    case 'call':
    case 'and':
    case 'or':
    case 'coalesce':
    case 'greatest':
    case 'least': {
      const args = mapList(expr.args, change);
      return args === expr.args ? expr : ({ ...expr, args } as Expr);
    }
    case 'cast':
    case 'not':
    case 'is-null':
    case 'boolean-test': {
      const arg = change(expr.arg);
      return arg === expr.arg ? expr : ({ ...expr, arg } as Expr);
    }
    case 'distinct':
    case 'nullif': {
      const left = change(expr.left);
      const right = change(expr.right);
      return left === expr.left && right === expr.right ? expr : ({ ...expr, left, right } as Expr);
    }
    case 'case': {
      const branches = expr.branches.map(({ when, then }) => ({
        when: change(when),
        // oxlint-disable-next-line unicorn/no-thenable
        then: change(then),
      }));
      const otherwise = change(expr.otherwise);
      const same =
        otherwise === expr.otherwise &&
        branches.every(
          (b, i) => b.when === expr.branches[i].when && b.then === expr.branches[i].then,
        );
      return same ? expr : { ...expr, branches, otherwise };
    }
    case 'array': {
      const elements = mapList(expr.elements, change);
      return elements === expr.elements ? expr : { ...expr, elements };
    }
    case 'row': {
      const fields = mapList(expr.fields, change);
      return fields === expr.fields ? expr : { ...expr, fields };
    }
    case 'in-list': {
      const arg = change(expr.arg);
      const items = mapList(expr.items, change);
      return arg === expr.arg && items === expr.items ? expr : { ...expr, arg, items };
    }
    case 'array-op': {
      const left = change(expr.left);
      const array = change(expr.array);
      return left === expr.left && array === expr.array ? expr : { ...expr, left, array };
    }
    case 'subscript': {
      const base = change(expr.base);
      const subscripts = expr.subscripts.map(({ lower, upper, slice }) => ({
        lower: lower === null ? null : change(lower),
        upper: upper === null ? null : change(upper),
        slice,
      }));
      return { ...expr, base, subscripts };
    }
    case 'field': {
      const base = change(expr.base);
      return base === expr.base ? expr : { ...expr, base };
    }
    case 'subquery':
    case 'subplan': {
      let changed = false;
      const bindings = expr.bindings.map((binding) => {
        const value = change(binding.value);
        if (value === binding.value) return binding;
        changed = true;
        return { param: binding.param, value };
      });
      // The test sees the left operand (a child) and the subquery's row (exec-params).
      const test = expr.test === null ? null : change(expr.test);
      return changed || test !== expr.test ? ({ ...expr, bindings, test } as Expr) : expr;
    }
  }
}

function mapList(list: readonly Expr[], change: (child: Expr) => Expr): readonly Expr[] {
  let copy: Expr[] | undefined;
  for (let i = 0; i < list.length; i++) {
    const next = change(list[i]);
    if (next === list[i]) continue;
    copy ??= list.slice();
    copy[i] = next;
  }
  return copy ?? list;
}

/** Calls `visit` for the expression and all below it (not into subquery plans); false stops descent. */
export function walkExpr(expr: Expr, visit: (expr: Expr) => boolean | void): void {
  if (visit(expr) === false) return;
  mapChildren(expr, (child) => {
    walkExpr(child, visit);
    return child;
  });
}

/** Rewrites bottom-up. */
export function transformExpr(expr: Expr, change: (expr: Expr) => Expr): Expr {
  return change(mapChildren(expr, (child) => transformExpr(child, change)));
}

export function someExpr(expr: Expr, test: (expr: Expr) => boolean): boolean {
  let found = false;
  walkExpr(expr, (node) => {
    if (!found && test(node)) found = true;
    return !found;
  });
  return found;
}

/** Ids of all columns that the expression reads, subquery bindings included. */
export function columnsOf(expr: Expr, into: Set<number> = new Set()): Set<number> {
  walkExpr(expr, (node) => {
    if (node.kind === 'column') into.add(node.index);
  });
  return into;
}

/** A column as an expression over whatever gives it. */
export function columnExpr({ id, type }: LogicalColumn): ColumnExpr {
  return { kind: 'column', type, index: id };
}

/** Replaces columns by id. */
export function substituteColumns(expr: Expr, replacement: (id: number) => Expr | undefined): Expr {
  return transformExpr(expr, (node) =>
    node.kind === 'column' ? (replacement(node.index) ?? node) : node,
  );
}

/** Puts what is bound in the place of exec-params; those of another query stay. */
export function withBoundValues(expr: Expr, bindings: readonly ExecParamBinding[]): Expr {
  return transformExpr(expr, (node) => {
    if (node.kind !== 'exec-param') return node;
    return bindings.find(({ param }) => param === node.index)?.value ?? node;
  });
}

/** Tells two subqueries that are not the same object alike. */
export type SubqueryComparer = (a: SubqueryExpr, b: SubqueryExpr) => boolean;

/** Structural equality; functions and plans compare by identity, subqueries as the caller says. */
export function exprEqual(a: Expr, b: Expr, sameSubquery?: SubqueryComparer): boolean {
  return deepEqual(a, b, sameSubquery);
}

function deepEqual(a: unknown, b: unknown, sameSubquery: SubqueryComparer | undefined): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) if (!deepEqual(a[i], b[i], sameSubquery)) return false;
    return true;
  }
  if (a instanceof Uint8Array) {
    return b instanceof Uint8Array && a.length === b.length && a.every((byte, i) => byte === b[i]);
  }
  const prototype: unknown = Object.getPrototypeOf(a);
  if (prototype !== Object.getPrototypeOf(b)) return false;
  // Functions and plan nodes: objects with behaviour or identity of their own.
  if ('volatility' in a || 'columns' in a) return false;
  if (sameSubquery !== undefined && isSubquery(a) && isSubquery(b)) return sameSubquery(a, b);
  const left = a as Record<string, unknown>;
  const right = b as Record<string, unknown>;
  // A statement may have thousands of terms to tell apart: what differs most often comes first.
  if (left.kind !== right.kind) return false;
  let count = 0;
  for (const key in left) {
    count++;
    // A cast's form says how it was written, not what it does.
    if (key === 'form' || key === 'operator') continue;
    if (!deepEqual(left[key], right[key], sameSubquery)) return false;
  }
  return count === Object.keys(right).length;
}

const isSubquery = (value: object): value is SubqueryExpr =>
  'kind' in value && value.kind === 'subquery';

export const isVolatile = (expr: Expr): boolean =>
  someExpr(
    expr,
    (node) =>
      (node.kind === 'call' && node.fn.volatility === 'volatile') ||
      node.kind === 'subquery' ||
      node.kind === 'subplan',
  );

/** Calls whose effects must happen (nextval, pg_sleep) even where nobody reads the result. */
export const hasVolatileCall = (expr: Expr): boolean =>
  someExpr(expr, (node) => node.kind === 'call' && node.fn.volatility === 'volatile');

/** True where the expression needs no row: no column, no exec-param, no subquery. */
export const isRowFree = (expr: Expr): boolean =>
  !someExpr(
    expr,
    (node) =>
      node.kind === 'column' ||
      node.kind === 'exec-param' ||
      node.kind === 'subquery' ||
      node.kind === 'subplan',
  );

/** The conjuncts of a condition. */
export function conjuncts(expr: Expr | null): Expr[] {
  if (expr === null) return [];
  return expr.kind === 'and' ? expr.args.flatMap((arg) => conjuncts(arg)) : [expr];
}

/** AND of the parts; null for none. */
export function conjunction(parts: readonly Expr[]): Expr | null {
  if (parts.length === 0) return null;
  if (parts.length === 1) return parts[0];
  return { kind: 'and', type: parts[0].type, args: parts };
}
