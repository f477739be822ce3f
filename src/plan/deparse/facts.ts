/** What binding a query has found out about it, gathered for turning it back into text. */
import type { CallInfo, TableFunction } from '../../functions/function.ts';
import type { Node } from '../../parse/ast.ts';
import type { BindTrace } from '../bind/context.ts';
import type { Namespace } from '../bind/scope.ts';
import { walkExpr } from '../expr-walk.ts';
import type { Expr } from '../expr.ts';
import type {
  LogicalAggregateCall,
  LogicalFunctionScan,
  LogicalNode,
  LogicalWindowCall,
} from '../logical.ts';
import { inputsOf, mapExprs } from '../plan-walk.ts';

export interface SetCall {
  readonly fn: TableFunction;
  readonly call: CallInfo;
  readonly args: readonly Expr[];
}

/** Calls that are columns of a plan node rather than expressions. */
export type NodeCall =
  | { readonly kind: 'aggregate'; readonly call: LogicalAggregateCall }
  | { readonly kind: 'window'; readonly call: LogicalWindowCall }
  | { readonly kind: 'set'; readonly call: SetCall };

interface NamedColumn {
  /** The FROM item that the column belongs to. */
  readonly item: Node;
  readonly name: string;
}

export class QueryFacts implements BindTrace {
  readonly #exprs = new Map<Node, Expr>();
  readonly #nodes = new Map<Expr, Node>();
  readonly #items = new Map<Node, Namespace>();
  readonly #columns = new Map<number, NamedColumn>();
  readonly #calls = new Map<number, NodeCall>();
  readonly #groups = new Map<number, Expr>();
  readonly #params = new Map<number, Expr>();
  readonly #functionScans = new Map<number, LogicalFunctionScan>();
  readonly #values = new Map<number, Expr>();

  expression(node: Node, expr: Expr): void {
    this.#exprs.set(node, expr);
    // A cast to the type that an expression has already is no expression of its own.
    if (!this.#nodes.has(expr)) this.#nodes.set(expr, node);
  }

  fromItem(node: Node, namespace: Namespace): void {
    this.#items.set(node, namespace);
    if ('JoinExpr' in node) {
      if (node.JoinExpr.alias === undefined) return;
    }
    for (const item of namespace.items) {
      for (const { name, expr } of [...item.columns, ...item.system]) {
        if (expr.kind === 'column') this.#columns.set(expr.index, { item: node, name });
      }
    }
  }

  exprOf(node: Node | undefined): Expr | undefined {
    return node === undefined ? undefined : this.#exprs.get(node);
  }

  nodeOf(expr: Expr): Node | undefined {
    return this.#nodes.get(expr);
  }

  itemOf(node: Node): Namespace | undefined {
    return this.#items.get(node);
  }

  column(id: number): NamedColumn | undefined {
    return this.#columns.get(id);
  }

  call(id: number): NodeCall | undefined {
    return this.#calls.get(id);
  }

  /** The expression that a grouping column stands for. */
  group(id: number): Expr | undefined {
    return this.#groups.get(id);
  }

  param(index: number): Expr | undefined {
    return this.#params.get(index);
  }

  /** The functions of a FROM item, by its first column; a plain expression where it is one. */
  functions(column: number): LogicalFunctionScan | Expr | undefined {
    return this.#functionScans.get(column) ?? this.#values.get(column);
  }

  /** Reads what only the plan says. */
  readPlan(node: LogicalNode): void {
    if (node.kind === 'aggregate') {
      for (const { column, expr } of node.groups) this.#groups.set(column.id, expr);
      for (const call of node.aggregates)
        this.#calls.set(call.column.id, { kind: 'aggregate', call });
    } else if (node.kind === 'window') {
      for (const call of node.calls) this.#calls.set(call.column.id, { kind: 'window', call });
    } else if (node.kind === 'project-set') {
      for (const call of node.functions) this.#calls.set(call.column.id, { kind: 'set', call });
    } else if (node.kind === 'join') {
      for (const { param, value } of node.bindings) this.#params.set(param, value);
    } else if (node.kind === 'function-scan') {
      const [first] = node.columns;
      if (first !== undefined) this.#functionScans.set(first.id, node);
    } else if (node.kind === 'values' && node.rows.length === 1 && node.columns.length === 1) {
      this.#values.set(node.columns[0].id, node.rows[0][0]);
    }
    mapExprs(node, (expr) => {
      walkExpr(expr, (inner) => {
        if (inner.kind !== 'subquery') return;
        for (const { param, value } of inner.bindings) this.#params.set(param, value);
        this.readPlan(inner.plan);
      });
      return expr;
    });
    for (const input of inputsOf(node)) this.readPlan(input);
  }
}
