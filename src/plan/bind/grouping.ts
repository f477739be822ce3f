/** GROUP BY and aggregates: what an expression may still refer to once rows are grouped. */
import { nodeAs, type GroupingSet, type Node, type SelectStmt } from '../../parse/ast.ts';
import { nodeLocation } from '../../parse/location.ts';
import type { ColumnExpr, Expr, RowExpr } from '../expr.ts';
import { mapChildren, columnsOf } from '../expr-walk.ts';
import {
  GROUPING_BITS,
  type LogicalAggregate,
  type LogicalColumn,
  type LogicalNode,
} from '../logical.ts';
import { notSupported } from '../../errors/db-error.ts';
import { constant, INT4 } from './coerce.ts';
import { equalityOf, resolveOperator } from './operators.ts';
import { findTarget } from './order.ts';
import type { PendingGrouping, PendingSet, QueryCalls } from './query-calls.ts';
import type { Scope } from './scope.ts';
import { ExprIndex } from './same-expr.ts';
import { textTarget } from './select.ts';
import type { TargetList } from './target.ts';

export function isGrouped(stmt: SelectStmt, calls: QueryCalls): boolean {
  return (
    stmt.groupClause !== undefined ||
    stmt.havingClause !== undefined ||
    calls.aggregates.length > 0 ||
    calls.groupings.length > 0
  );
}

interface Group {
  readonly column: LogicalColumn;
  readonly expr: Expr;
}

const GROUPING_SETS_MAX = 4096;

export class Grouping {
  readonly #scope: Scope;
  readonly #groups: Group[] = [];
  /** Positions in `groups`. */
  readonly #positions = new ExprIndex<number>();
  readonly #sets: number[][] | null;
  readonly #bits: LogicalColumn | null;
  readonly #ready = new Set<number>();
  /** Columns of tables that are grouped by their primary key: groups once somebody uses them. */
  readonly #dependent = new Set<number>();
  readonly #columns: LogicalColumn[] = [];
  readonly #groupings: readonly PendingGrouping[];

  constructor(stmt: SelectStmt, targets: TargetList, scope: Scope) {
    this.#scope = scope;
    this.#groupings = scope.calls?.groupings ?? [];
    this.#sets = this.#bindClause(stmt, targets);
    this.#bits = this.#sets === null ? null : scope.context.newColumn('grouping', INT4);
    this.#addDependent();
  }

  /** Puts the Aggregate node on top of the input. */
  apply(input: LogicalNode, calls: QueryCalls): LogicalAggregate {
    for (const { column } of calls.aggregates) this.#ready.add(column.id);
    for (const { call } of calls.windows) this.#ready.add(call.column.id);
    for (const { column } of calls.sets) this.#ready.add(column.id);
    this.#columns.push(
      ...this.#groups.map((group) => group.column),
      ...calls.aggregates.map((call) => call.column),
    );
    if (this.#bits !== null) this.#columns.push(this.#bits);
    return {
      kind: 'aggregate',
      input,
      groups: this.#groups,
      groupingSets: this.#sets,
      groupingColumn: this.#bits,
      aggregates: calls.aggregates,
      columns: this.#columns,
    };
  }

  /** Replaces grouped expressions by the group's columns; 42803 for a column that is not grouped. */
  rewrite(expr: Expr): Expr {
    // A constant of the select list is null in the sets that it is not in; other constants of its value are not.
    const group =
      expr.kind === 'constant' && this.#sets !== null
        ? this.#groups.find((one) => one.expr === expr)
        : undefined;
    if (group !== undefined) return this.#scope.context.reference(group.column);
    return this.#rewrite(expr, false);
  }

  #rewrite(expr: Expr, insideSubquery: boolean): Expr {
    if (expr.kind === 'column') {
      const grouping = this.#groupings.find(({ column }) => column.id === expr.index);
      if (grouping !== undefined) return this.#groupingValue(grouping);
      if (this.#ready.has(expr.index)) return expr;
    }
    if (expr.kind !== 'constant') {
      const position = this.#positions.find(expr);
      if (position !== undefined)
        return this.#scope.context.reference(this.#groups[position].column);
    }
    if (expr.kind === 'column') {
      if (this.#dependent.has(expr.index)) return this.#dependentGroup(expr);
      throw this.#ungrouped(expr, insideSubquery);
    }
    if (expr.kind === 'row' && this.#isDependentRow(expr)) return this.#dependentGroup(expr);
    const inside = insideSubquery || expr.kind === 'subquery';
    return mapChildren(expr, (child) => this.#rewrite(child, inside));
  }

  #ungrouped(expr: ColumnExpr, insideSubquery: boolean): Error {
    const { context } = this.#scope;
    const info = context.columnInfo(expr.index);
    const name =
      info === undefined
        ? '?column?'
        : info.alias === ''
          ? info.name
          : `${info.alias}.${info.name}`;
    const message = insideSubquery
      ? `subquery uses ungrouped column "${name}" from outer query`
      : `column "${name}" must appear in the GROUP BY clause or be used in an aggregate function`;
    return context.error('grouping_error', message, context.locationOf(expr));
  }

  #bindClause(stmt: SelectStmt, targets: TargetList): number[][] | null {
    const clause = stmt.groupClause ?? [];
    const hasSets = clause.some((node) => nodeAs(node, 'GroupingSet') !== undefined);
    if (!hasSets) {
      for (const node of clause) for (const item of rowItems(node)) this.#group(item, targets);
      return null;
    }
    let sets: number[][] = [[]];
    for (const node of clause) {
      const set = nodeAs(node, 'GroupingSet');
      const options =
        set === undefined
          ? [rowItems(node).map((item) => this.#group(item, targets))]
          : this.#expand(set, targets);
      sets = sets.flatMap((left) => options.map((right) => [...new Set([...left, ...right])]));
      if (sets.length > GROUPING_SETS_MAX) {
        throw this.#scope.context.error(
          'statement_too_complex',
          `too many grouping sets present (maximum ${GROUPING_SETS_MAX})`,
        );
      }
    }
    if (stmt.groupDistinct !== true) return sets;
    const seen = new Set<string>();
    return sets.filter((set) => {
      const key = set
        .slice()
        .sort((a, b) => a - b)
        .join(',');
      return seen.has(key) ? false : (seen.add(key), true);
    });
  }

  #expand(set: GroupingSet, targets: TargetList): number[][] {
    const content = set.content ?? [];
    const lists = () =>
      content.map((node) => rowItems(node).map((item) => this.#group(item, targets)));
    switch (set.kind) {
      case 'GROUPING_SET_ROLLUP': {
        const parts = lists();
        return Array.from({ length: parts.length + 1 }, (_, i) =>
          parts.slice(0, parts.length - i).flat(),
        );
      }
      case 'GROUPING_SET_CUBE': {
        const parts = lists();
        if (parts.length > 12) {
          throw this.#scope.context.error(
            'too_many_columns',
            'CUBE is limited to 12 elements',
            set.location,
          );
        }
        const count = 1 << parts.length;
        // The full set first, as PostgreSQL lists them.
        return Array.from({ length: count }, (_, i) =>
          parts
            .filter((_part, bit) => ((count - 1 - i) & (1 << (parts.length - 1 - bit))) !== 0)
            .flat(),
        );
      }
      case 'GROUPING_SET_SETS':
        return content.flatMap((node) => {
          const inner = nodeAs(node, 'GroupingSet');
          if (inner !== undefined) return this.#expand(inner, targets);
          return [rowItems(node).map((item) => this.#group(item, targets))];
        });
      default:
        return [content.map((item) => this.#group(item, targets))];
    }
  }

  #group(node: Node, targets: TargetList): number {
    const { context } = this.#scope;
    const target = textTarget(
      findTarget(node, targets, this.#scope, 'GROUP BY'),
      targets,
      this.#scope,
    );
    const { expr } = target;
    this.#checkGroupExpr(expr, node);
    equalityOf(context, expr.type, nodeLocation(node));
    const known = this.#positions.find(expr);
    if (known !== undefined) return known;
    const info = expr.kind === 'column' ? context.columnInfo(expr.index) : undefined;
    const name = info?.name ?? target.name;
    return this.#addGroup(
      expr,
      context.newColumn(name, expr.type, { ...info, name, shape: context.shapeOf(expr) }),
    );
  }

  #addGroup(expr: Expr, column: LogicalColumn): number {
    const position = this.#groups.length;
    this.#groups.push({ column, expr });
    this.#positions.add(expr, position);
    return position;
  }

  #checkGroupExpr(expr: Expr, node: Node): void {
    const calls = this.#scope.calls;
    const used = columnsOf(expr);
    const location = nodeLocation(node);
    if (calls?.aggregates.some(({ column }) => used.has(column.id)) === true) {
      throw this.#scope.context.error(
        'grouping_error',
        'aggregate functions are not allowed in GROUP BY',
        location,
      );
    }
    if (calls?.windows.some(({ call }) => used.has(call.column.id)) === true) {
      throw this.#scope.context.error(
        'windowing_error',
        'window functions are not allowed in GROUP BY',
        location,
      );
    }
  }

  /** Sets that are grouped by: they are expanded before the rows are grouped. */
  takeGroupedSets(calls: QueryCalls): PendingSet[] {
    const used = new Set<number>();
    for (const group of this.#groups) columnsOf(group.expr, used);
    // Those in the arguments of others were bound before them.
    for (const set of calls.sets.toReversed()) {
      if (used.has(set.column.id)) for (const arg of set.args) columnsOf(arg, used);
    }
    const taken = calls.sets.filter((set) => used.has(set.column.id));
    const rest = calls.sets.filter((set) => !taken.includes(set));
    calls.sets.splice(0, calls.sets.length, ...rest);
    return taken;
  }

  /** A table grouped by its primary key, in every set, lets all its columns be used. */
  #addDependent(): void {
    const { context, namespace } = this.#scope;
    const isGroup = (expr: Expr): boolean => {
      const position = this.#positions.find(expr);
      if (position === undefined) return false;
      return this.#sets === null || this.#sets.every((set) => set.includes(position));
    };
    for (const item of namespace.items) {
      if (item.relation?.kind !== 'table') continue;
      const { constraints } = item.relation;
      const primary = constraints.find((constraint) => constraint.kind === 'primary');
      if (primary === undefined) continue;
      const byNumber = (attnum: number) =>
        item.columns.find(
          ({ expr }) => expr.kind === 'column' && context.columnInfo(expr.index)?.attnum === attnum,
        );
      const grouped = primary.columns.every((attnum) => {
        const column = byNumber(attnum);
        return column !== undefined && isGroup(column.expr);
      });
      if (!grouped) continue;
      for (const { expr } of [...item.columns, ...item.system]) {
        for (const id of columnsOf(expr)) this.#dependent.add(id);
      }
      if (item.presence !== null) this.#dependent.add(item.presence.index);
    }
  }

  /** A row that is the same in all grouping sets, though columns of it may not be. */
  #isDependentRow({ isWhole, fields }: RowExpr): boolean {
    if (isWhole !== true || this.#sets === null) return false;
    return fields.every((field) => field.kind === 'column' && this.#dependent.has(field.index));
  }

  #dependentGroup(expr: ColumnExpr | RowExpr): Expr {
    const { context } = this.#scope;
    const info = expr.kind === 'column' ? context.columnInfo(expr.index) : undefined;
    const shape = context.shapeOf(expr);
    const column = context.newColumn(info?.name ?? '', expr.type, { ...info, shape });
    const position = this.#addGroup({ ...expr }, column);
    for (const set of this.#sets ?? []) set.push(position);
    this.#columns.push(column);
    return context.reference(column);
  }

  /** Bits of GROUPING(...), taken out of the node's own bits. */
  #groupingValue({ args, location }: PendingGrouping): Expr {
    const { context } = this.#scope;
    let value: Expr = constant(INT4, 0);
    for (let i = 0; i < args.length; i++) {
      const index = this.#positions.find(args[i]);
      if (index === undefined) {
        throw context.error(
          'grouping_error',
          'arguments to GROUPING must be grouping expressions of the associated query level',
          context.locationOf(args[i]) ?? location,
        );
      }
      if (this.#bits === null) continue;
      if (index >= GROUPING_BITS)
        throw notSupported('GROUPING of more than 31 grouping expressions');
      const apply = (name: string, left: Expr, right: number) =>
        resolveOperator(context, name, left, constant(INT4, right), location);
      const shifted = apply('>>', context.reference(this.#bits), index);
      const bit = apply('<<', apply('&', shifted, 1), args.length - 1 - i);
      value = i === 0 ? bit : resolveOperator(context, '|', value, bit, location);
    }
    return value;
  }
}

/** (a, b) in GROUP BY are two items; () is none. */
function rowItems(node: Node): readonly Node[] {
  const row = nodeAs(node, 'RowExpr');
  if (row !== undefined && row.row_format === 'COERCE_IMPLICIT_CAST') return row.args ?? [];
  const list = nodeAs(node, 'List');
  if (list !== undefined) return list.items ?? [];
  const set = nodeAs(node, 'GroupingSet');
  if (set?.kind === 'GROUPING_SET_EMPTY') return [];
  return [node];
}
