/** Names that expressions of one query level can use: range-table items, columns, CTEs, windows. */
import type { Steps } from '../../base/steps.ts';
import { liveColumns, type ReadableRelation } from '../../catalog/catalog.ts';
import { sqlType, OID, type Oid, type SqlType } from '../../types/type.ts';
import type { ColumnExpr, ExecParamBinding, Expr } from '../expr.ts';
import { exprEqual } from '../expr-walk.ts';
import type { BindContext, RecordShape } from './context.ts';
import type { CteEntry } from './with.ts';
import type { QueryCalls } from './query-calls.ts';

export interface RangeColumn {
  readonly name: string;
  readonly expr: Expr;
}

/** One entry of a FROM clause that a qualified name can mean. */
export interface RangeItem {
  readonly alias: string;
  /** Whether the entry was given an alias, which hides the relation's own name. */
  readonly aliased: boolean;
  readonly relation: ReadableRelation | undefined;
  readonly columns: readonly RangeColumn[];
  readonly system: readonly RangeColumn[];
  /** A function returning one plain column: the alias alone means that column's value. */
  readonly scalar: boolean;
  /** A column that is NULL only where an outer join has made the row up. */
  presence: ColumnExpr | null;
  /** Known for a table: its id of the row ref, for row locks and DML. */
  readonly rowRefId?: number | undefined;
}

export interface NamespaceColumn extends RangeColumn {
  readonly item: RangeItem | undefined;
}

/** What a FROM clause, or a part of it, makes visible. */
export interface Namespace {
  readonly items: readonly RangeItem[];
  readonly columns: readonly NamespaceColumn[];
}

export const EMPTY_NAMESPACE: Namespace = { items: [], columns: [] };

export interface FoundItem {
  readonly item: RangeItem;
  /** Carries a column of the item to the asking level (exec-params where it is an outer one). */
  readonly carry: (expr: Expr) => Expr;
}

/** Looks names up outside the current query level. */
export interface OuterNames {
  column(name: string, location: number | undefined): Expr | undefined;
  item(
    schema: string | undefined,
    name: string,
    location: number | undefined,
  ): FoundItem | undefined;
}

/** The clause being bound, in the words of PostgreSQL's error messages. */
export type Clause =
  | 'SELECT'
  | 'WHERE'
  | 'JOIN conditions'
  | 'GROUP BY'
  | 'HAVING'
  | 'ORDER BY'
  | 'DISTINCT ON'
  | 'LIMIT'
  | 'OFFSET'
  | 'VALUES'
  | 'RETURNING'
  | 'UPDATE'
  | 'INSERT'
  | 'FILTER'
  | 'functions in FROM'
  | 'window'
  | 'DEFAULT expressions'
  | 'check constraints'
  | 'index expressions'
  | 'column generation expressions'
  | 'EXECUTE parameters'
  | 'policy';

export class Scope {
  readonly context: BindContext;
  readonly outer: OuterNames | null;
  readonly ctes: ReadonlyMap<string, CteEntry>;
  /** Queries collect aggregate, window and set-returning calls here; null where none is allowed. */
  calls: QueryCalls | null;
  namespace: Namespace;
  clause: Clause = 'SELECT';

  constructor(
    context: BindContext,
    outer: OuterNames | null,
    ctes: ReadonlyMap<string, CteEntry>,
    namespace: Namespace = EMPTY_NAMESPACE,
  ) {
    this.context = context;
    this.outer = outer;
    this.ctes = ctes;
    this.namespace = namespace;
    this.calls = null;
  }

  /** Binds under another clause name and then goes back. */
  during<T>(clause: Clause, body: () => T): T {
    const saved = this.clause;
    this.clause = clause;
    try {
      return body();
    } finally {
      this.clause = saved;
    }
  }

  *duringSteps<T>(clause: Clause, body: Steps<T>): Steps<T> {
    const saved = this.clause;
    this.clause = clause;
    try {
      return yield* body;
    } finally {
      this.clause = saved;
    }
  }

  column(name: string, location: number | undefined): Expr | undefined {
    return this.localColumn(name, location) ?? this.outer?.column(name, location);
  }

  localColumn(name: string, location: number | undefined): Expr | undefined {
    return findColumn(this.context, this.namespace, name, location);
  }

  item(
    schema: string | undefined,
    name: string,
    location: number | undefined,
  ): FoundItem | undefined {
    const local = findItem(this.context, this.namespace, schema, name, location);
    if (local !== undefined) return { item: local, carry: (expr) => expr };
    return this.outer?.item(schema, name, location);
  }
}

export function findColumn(
  context: BindContext,
  namespace: Namespace,
  name: string,
  location: number | undefined,
): Expr | undefined {
  let found: NamespaceColumn | undefined;
  for (const column of namespace.columns) {
    if (column.name !== name) continue;
    if (found !== undefined) {
      throw context.error('ambiguous_column', `column reference "${name}" is ambiguous`, location);
    }
    found = column;
  }
  if (found !== undefined) return freshReference(context, found.expr, location);
  for (const item of namespace.items) {
    const system = item.system.find((column) => column.name === name);
    if (system !== undefined) return freshReference(context, system.expr, location);
  }
  return undefined;
}

export function findItem(
  context: BindContext,
  namespace: Namespace,
  schema: string | undefined,
  name: string,
  location: number | undefined,
): RangeItem | undefined {
  let found: RangeItem | undefined;
  for (const item of namespace.items) {
    if (item.alias !== name) continue;
    if (schema !== undefined) {
      const owner = context.env.catalog.schemaByName(schema);
      if (item.aliased || owner === undefined || item.relation?.schema !== owner.oid) continue;
    }
    if (found !== undefined) {
      throw context.error('ambiguous_alias', `table reference "${name}" is ambiguous`, location);
    }
    found = item;
  }
  return found;
}

/** References are separate objects, so that each knows its own place in the text. */
export function freshReference(
  context: BindContext,
  expr: Expr,
  location: number | undefined,
): Expr {
  const copy = { ...expr };
  const shape = context.shapes.get(expr);
  if (shape !== undefined) context.shapes.set(copy, shape);
  return context.locate(copy, location);
}

/** Collects outer expressions that an inner plan needs, each under one exec-param. */
export class Captures {
  readonly bindings: ExecParamBinding[] = [];
  readonly #context: BindContext;

  constructor(context: BindContext) {
    this.#context = context;
  }

  capture(expr: Expr): Expr {
    if (expr.kind === 'constant' || expr.kind === 'parameter') return expr;
    let binding = this.bindings.find((known) => exprEqual(known.value, expr));
    if (binding === undefined) {
      binding = { param: this.#context.newExecParam(), value: expr };
      this.bindings.push(binding);
    }
    const param: Expr = { kind: 'exec-param', type: expr.type, index: binding.param };
    const shape = this.#context.shapeOf(expr);
    if (shape !== undefined) this.#context.shapes.set(param, shape);
    return param;
  }
}

/** Outer names as an expression's subquery sees them: every use is captured. */
export function capturingNames(enclosing: Scope, captures: Captures): OuterNames {
  return {
    column(name, location) {
      const found = enclosing.column(name, location);
      return found === undefined ? undefined : captures.capture(found);
    },
    item(schema, name, location) {
      const found = enclosing.item(schema, name, location);
      if (found === undefined) return undefined;
      return { item: found.item, carry: (expr) => captures.capture(found.carry(expr)) };
    },
  };
}

/** Names for a LATERAL item: first the FROM items to its left, captured, then the outer levels. */
export function lateralNames(
  context: BindContext,
  left: Namespace,
  captures: Captures,
  outer: OuterNames | null,
): OuterNames {
  return {
    column(name, location) {
      const found = findColumn(context, left, name, location);
      return found === undefined ? outer?.column(name, location) : captures.capture(found);
    },
    item(schema, name, location) {
      const found = findItem(context, left, schema, name, location);
      if (found === undefined) return outer?.item(schema, name, location);
      return { item: found, carry: (expr) => captures.capture(expr) };
    },
  };
}

/** `t` used as a value: its row, or the plain value of a one-column function. */
export function wholeRow(
  context: BindContext,
  found: FoundItem,
  location: number | undefined,
): Expr {
  const { item, carry } = found;
  if (item.scalar && item.columns.length > 0) {
    return freshReference(context, carry(item.columns[0].expr), location);
  }
  const relation = item.relation;
  const type = sqlType(
    relation !== undefined && 'rowType' in relation ? relation.rowType : OID.record,
  );
  const row: Expr = {
    kind: 'row',
    type,
    fields: item.columns.map((column) => carry(column.expr)),
    names: rowNames(item),
    isWhole: true,
  };
  const shape: RecordShape = item.columns.map(({ name, expr }) => ({ name, type: expr.type }));
  const value: Expr = item.presence === null ? row : rowOrNull(carry(item.presence), row, type);
  context.shapes.set(value, shape);
  return context.locate(value, location);
}

/** A row of a relation's own type has its names, whatever the query calls the columns. */
function rowNames({ relation, columns }: RangeItem): readonly string[] {
  const own = relation !== undefined && 'rowType' in relation ? liveColumns(relation) : [];
  return columns.map((column, i) => own[i]?.name ?? column.name);
}

function rowOrNull(presence: Expr, row: Expr, type: SqlType): Expr {
  const test: Expr = { kind: 'is-null', type: sqlType(OID.bool), arg: presence, negated: false };
  return {
    kind: 'case',
    type,
    // oxlint-disable-next-line unicorn/no-thenable
    branches: [{ when: test, then: { kind: 'constant', type, value: null } }],
    otherwise: row,
  };
}

/** A namespace of plain columns, as a stored table or an excluded row gives. */
export function itemNamespace(item: RangeItem): Namespace {
  return { items: [item], columns: item.columns.map((column) => ({ item, ...column })) };
}

export function rowTypeOf(relation: ReadableRelation): Oid {
  return 'rowType' in relation ? relation.rowType : OID.record;
}
