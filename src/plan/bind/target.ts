/** Select lists: names of the result columns, and stars. */
import { finishNow, type Steps } from '../../base/steps.ts';
import { dbError } from '../../errors/db-error.ts';
import { nameList, nodeAs, nodeKind, type Node } from '../../parse/ast.ts';
import { nodeLocation } from '../../parse/location.ts';
import type { Expr } from '../expr.ts';
import { fieldAccess, fieldsOf, missingTable } from './column-ref.ts';
import { bindExpr, bindExprSteps } from './expr.ts';
import type { StarColumn } from './context.ts';
import { ExprIndex } from './same-expr.ts';
import { freshReference, type Scope } from './scope.ts';

export interface Target {
  readonly name: string;
  readonly expr: Expr;
  /** Only for sorting or grouping, not part of the result. */
  readonly hidden: boolean;
  readonly location: number | undefined;
}

/** PostgreSQL's MaxTupleAttributeNumber. */
const TARGETS_MAX = 1664;

/** Fails where a select list, its hidden entries included, has grown too long. */
function checkTargetCount(targets: readonly Target[]): void {
  if (targets.length > TARGETS_MAX) {
    throw dbError('too_many_columns', `target lists can have at most ${TARGETS_MAX} entries`);
  }
}

/** A select list that ORDER BY, GROUP BY and DISTINCT ON look entries up in, and add hidden ones to. */
export class TargetList {
  readonly #entries: Target[];
  readonly #positions = new ExprIndex<number>();
  /** Entries that are in the index already: most queries never ask. */
  #indexed = 0;

  constructor(entries: readonly Target[]) {
    this.#entries = entries.slice();
  }

  /** The hidden ones come last. */
  get entries(): readonly Target[] {
    return this.#entries;
  }

  find(expr: Expr): Target | undefined {
    for (; this.#indexed < this.#entries.length; this.#indexed++) {
      this.#positions.add(this.#entries[this.#indexed].expr, this.#indexed);
    }
    const position = this.#positions.find(expr);
    return position === undefined ? undefined : this.#entries[position];
  }

  addHidden(expr: Expr, location: number | undefined): Target {
    const added: Target = { name: '?column?', expr, hidden: true, location };
    this.#entries.push(added);
    checkTargetCount(this.#entries);
    return added;
  }

  /** Gives an entry another expression. */
  replace(target: Target, expr: Expr): Target {
    const position = this.#entries.indexOf(target);
    const changed = { ...target, expr };
    this.#entries[position] = changed;
    if (position < this.#indexed) this.#positions.add(expr, position);
    return changed;
  }
}

export function bindTargets(nodes: readonly Node[], scope: Scope): Target[] {
  return finishNow(targetSteps(nodes, scope));
}

export function* targetSteps(nodes: readonly Node[], scope: Scope): Steps<Target[]> {
  const targets: Target[] = [];
  for (const node of nodes) {
    const res = nodeAs(node, 'ResTarget');
    if (res?.val === undefined) continue;
    const expanded = expandStar(res.val, scope);
    if (expanded !== undefined) {
      targets.push(...expanded);
      continue;
    }
    const expr = yield* bindExprSteps(res.val, scope);
    targets.push({
      name: res.name ?? columnName(res.val),
      expr,
      hidden: false,
      location: nodeLocation(res.val),
    });
  }
  checkTargetCount(targets);
  return targets;
}

/** `*`, `t.*` and `(composite).*`; undefined for anything else. */
function expandStar(node: Node, scope: Scope): Target[] | undefined {
  const reference = nodeAs(node, 'ColumnRef');
  if (reference !== undefined) {
    const fields = reference.fields ?? [];
    if (!('A_Star' in (fields[fields.length - 1] ?? {}))) return undefined;
    return expandColumnStar(nameList(fields), reference.location, scope);
  }
  const indirection = nodeAs(node, 'A_Indirection');
  const steps = indirection?.indirection ?? [];
  if (indirection === undefined || !('A_Star' in (steps[steps.length - 1] ?? {}))) return undefined;
  const rest = steps.slice(0, -1);
  const inner = indirection.arg as Node;
  const base = bindExpr(
    rest.length === 0 ? inner : { A_Indirection: { arg: inner, indirection: rest } },
    scope,
  );
  const context = scope.context;
  const location = context.locationOf(base);
  const shape = fieldsOf(context, base);
  if (shape === undefined) {
    throw context.error('wrong_object_type', 'record type has not been registered', location);
  }
  return shape.map((field, i) => ({
    name: field.name,
    expr: fieldAccess(context, base, i, shape),
    hidden: false,
    location,
  }));
}

function expandColumnStar(
  names: readonly string[],
  location: number | undefined,
  scope: Scope,
): Target[] {
  const context = scope.context;
  if (names.length === 0) {
    if (scope.namespace.items.length === 0) {
      throw context.error(
        'syntax_error',
        'SELECT * with no tables specified is not valid',
        location,
      );
    }
    const { columns } = scope.namespace;
    tellStar(
      scope,
      location,
      columns.map(({ name, item }) => ({ alias: item?.alias, name })),
    );
    return columns.map(({ name, expr }) => ({
      name,
      expr: freshReference(context, expr, location),
      hidden: false,
      location,
    }));
  }
  const table = names[names.length - 1];
  const schema = names.length > 1 ? names[names.length - 2] : undefined;
  const found = scope.item(schema, table, location);
  if (found === undefined) throw missingTable(scope, schema, table, location);
  const { alias } = found.item;
  tellStar(
    scope,
    location,
    found.item.columns.map(({ name }) => ({ alias, name })),
  );
  return found.item.columns.map(({ name, expr }) => ({
    name,
    expr: freshReference(context, found.carry(expr), location),
    hidden: false,
    location,
  }));
}

function tellStar(
  scope: Scope,
  location: number | undefined,
  columns: readonly StarColumn[],
): void {
  const { context } = scope;
  if (location !== undefined && context.viewStack.length === 0)
    context.env.onStar?.(location, columns);
}

/** The name that PostgreSQL gives an unnamed result column. */
export function columnName(node: Node): string {
  return figureName(node)?.name ?? '?column?';
}

interface FiguredName {
  readonly name: string;
  /** False for a name that a cast's type may replace nothing with. */
  readonly strong: boolean;
}

const strong = (name: string | undefined): FiguredName | undefined =>
  name === undefined ? undefined : { name, strong: true };
const weak = (name: string): FiguredName => ({ name, strong: false });

function figureName(node: Node | undefined): FiguredName | undefined {
  const kind = node === undefined ? undefined : nodeKind(node);
  if (node === undefined || kind === undefined) return undefined;
  switch (kind) {
    case 'ColumnRef':
      return strong(nameList(nodeAs(node, kind)?.fields).pop());
    case 'A_Indirection': {
      const indirection = nodeAs(node, kind);
      const name = nameList(indirection?.indirection).pop();
      return name === undefined ? figureName(indirection?.arg) : strong(name);
    }
    case 'FuncCall':
      return strong(nameList(nodeAs(node, kind)?.funcname).pop());
    case 'A_Expr':
      return nodeAs(node, kind)?.kind === 'AEXPR_NULLIF' ? strong('nullif') : undefined;
    case 'TypeCast': {
      const cast = nodeAs(node, kind);
      const inner = figureName(cast?.arg);
      if (inner?.strong === true) return inner;
      const type = nameList(cast?.typeName?.names).pop();
      return type === undefined ? inner : weak(type);
    }
    case 'CollateClause':
      return figureName(nodeAs(node, kind)?.arg);
    case 'GroupingFunc':
      return strong('grouping');
    case 'SubLink':
      return subLinkName(node);
    case 'CaseExpr': {
      const inner = figureName(nodeAs(node, kind)?.defresult);
      return inner?.strong === true ? inner : weak('case');
    }
    case 'A_ArrayExpr':
      return strong('array');
    case 'RowExpr':
      return strong('row');
    case 'CoalesceExpr':
      return strong('coalesce');
    case 'MinMaxExpr':
      return strong(nodeAs(node, kind)?.op === 'IS_LEAST' ? 'least' : 'greatest');
    case 'SQLValueFunction':
      return strong(sqlValueName(nodeAs(node, kind)?.op ?? ''));
    default:
      return undefined;
  }
}

function sqlValueName(op: string): string {
  return op
    .replace(/^SVFOP_/, '')
    .replace(/_N$/, '')
    .toLowerCase();
}

function subLinkName(node: Node): FiguredName | undefined {
  const link = nodeAs(node, 'SubLink');
  switch (link?.subLinkType) {
    case 'EXISTS_SUBLINK':
      return strong('exists');
    case 'ARRAY_SUBLINK':
      return strong('array');
    case 'EXPR_SUBLINK': {
      const select = nodeAs(link.subselect, 'SelectStmt');
      if (firstLeaf(select)?.valuesLists !== undefined) return strong('column1');
      const target = nodeAs(firstLeaf(select)?.targetList?.[0], 'ResTarget');
      if (target === undefined) return undefined;
      if (target.name !== undefined) return strong(target.name);
      return target.val === undefined ? undefined : (figureName(target.val) ?? undefined);
    }
    default:
      return undefined;
  }
}

type Select = { targetList?: Node[]; valuesLists?: Node[]; larg?: Select } | undefined;

function firstLeaf(select: Select): Select {
  return select?.larg === undefined ? select : firstLeaf(select.larg);
}
