/** Bound queries back to SQL text, in the layout of PostgreSQL's ruleutils. */
import { quoteIdentifier } from '../../base/identifier.ts';
import { notSupported } from '../../errors/db-error.ts';
import { nameList, nodeAs, type Node, type SelectStmt, type SortBy } from '../../parse/ast.ts';
import type { FormatSettings } from '../../types/codec.ts';
import { OID, sqlType, type Oid, type SqlType } from '../../types/type.ts';
import { columnName } from '../bind/target.ts';
import type { Expr } from '../expr.ts';
import { ExprWriter } from './expression.ts';
import type { QueryFacts } from './facts.ts';
import { FromWriter } from './from.ts';
import { INDENT_STANDARD, Layout } from './layout.ts';
import { writeSpecial } from './special.ts';
import { windowSpecification } from './window.ts';

export interface QueryNames {
  /** The relation's name as the session would have to write it; with its schema where `full`. */
  relation(oid: Oid, full: boolean): string;
  /** The relation whose rows have a type, named in the same way. */
  rowType(type: Oid): string | undefined;
  readonly format: FormatSettings;
  readonly pretty: boolean;
}

/** What a query inherits from the ones around it. */
export interface QueryPlace {
  readonly level: number;
  /** Names of FROM items out there, which names in here must not repeat. */
  readonly taken: ReadonlySet<string>;
  /** Whether names of result columns can be seen from outside. */
  readonly namesVisible: boolean;
  readonly fieldNames?: readonly string[] | undefined;
  /** Types of the result of a set operation, which untyped literals in its parts have. */
  readonly fieldTypes?: readonly SqlType[] | undefined;
  readonly inSetOperation?: boolean | undefined;
}

export class QueryWriter {
  readonly facts: QueryFacts;
  readonly names: QueryNames;
  readonly ctes = new Set<string>();
  readonly aliases = new Map<Node, string>();

  constructor(facts: QueryFacts, names: QueryNames) {
    this.facts = facts;
    this.names = names;
  }

  query(select: SelectStmt, place: QueryPlace): string {
    return new OneQuery(this, select, place).write();
  }
}

const MATERIALIZED: Readonly<Record<string, string>> = {
  CTEMaterializeAlways: 'MATERIALIZED ',
  CTEMaterializeNever: 'NOT MATERIALIZED ',
};

/** One query level: its own text, indentation and names. */
export class OneQuery {
  readonly parent: QueryWriter;
  readonly select: SelectStmt;
  readonly place: QueryPlace;
  readonly out: Layout;
  readonly exprs: ExprWriter;
  #taken: ReadonlySet<string>;

  constructor(parent: QueryWriter, select: SelectStmt, place: QueryPlace) {
    this.parent = parent;
    this.select = select;
    this.place = place;
    this.#taken = place.taken;
    this.out = new Layout(true, place.level);
    const { names, facts } = parent;
    this.exprs = new ExprWriter(this.out, {
      format: names.format,
      pretty: names.pretty,
      showsLiteralTypes: true,
      column: (index) => this.columnText(index),
      syntax: (expr) => facts.nodeOf(expr),
      special: (expr) => writeSpecial(expr, this),
    });
  }

  write(): string {
    const { select, out } = this;
    const from = new FromWriter(this);
    this.#taken = from.nameItems(select.fromClause ?? [], this.place.taken);
    this.#with();
    const isSet = select.op !== undefined && select.op !== 'SETOP_NONE';
    if (isSet) this.#setOperation(select, this.place.namesVisible, true);
    else this.#basic(from);
    if (select.sortClause !== undefined) {
      out.keyword(' ORDER BY ', -INDENT_STANDARD, INDENT_STANDARD, 1);
      this.sortKeys(select.sortClause, isSet);
    }
    if (select.limitOffset !== undefined) {
      out.keyword(' OFFSET ', -INDENT_STANDARD, INDENT_STANDARD, 0);
      this.expression(select.limitOffset, false);
    }
    if (select.limitCount !== undefined) this.#limit(select.limitCount);
    if (select.lockingClause !== undefined) throw notSupported('row locks in a view');
    return out.text;
  }

  /** A query inside this one. */
  subquery(select: SelectStmt, namesVisible: boolean): string {
    return this.parent.query(select, {
      level: this.out.level,
      taken: this.#taken,
      namesVisible,
    });
  }

  columnText(index: number): string {
    const column = this.parent.facts.column(index);
    const alias = column === undefined ? undefined : this.parent.aliases.get(column.item);
    if (column === undefined || alias === undefined) throw notSupported('this column in a view');
    return `${quoteIdentifier(alias)}.${quoteIdentifier(column.name)}`;
  }

  /** The bound expression of a node; a literal that nothing gave a type is text. */
  bound(node: Node | undefined): Expr {
    const expr = this.parent.facts.exprOf(node);
    if (expr === undefined) throw notSupported('this expression in a view');
    return expr.kind === 'constant' && expr.type.oid === OID.unknown
      ? { ...expr, type: sqlType(OID.text) }
      : expr;
  }

  expression(node: Node | undefined, showImplicit: boolean): void {
    this.exprs.write(this.bound(node), showImplicit);
  }

  #with(): void {
    const clause = this.select.withClause;
    if (clause === undefined) return;
    const { out } = this;
    out.level += INDENT_STANDARD;
    out.add(clause.recursive === true ? ' WITH RECURSIVE ' : ' WITH ');
    (clause.ctes ?? []).forEach((item, i) => {
      const cte = nodeAs(item, 'CommonTableExpr');
      const select = nodeAs(cte?.ctequery, 'SelectStmt');
      if (cte === undefined || select === undefined) throw notSupported('this WITH in a view');
      if (cte.search_clause !== undefined || cte.cycle_clause !== undefined)
        throw notSupported('SEARCH and CYCLE in a view');
      this.parent.ctes.add(cte.ctename ?? '');
      if (i > 0) out.add(', ');
      out.add(quoteIdentifier(cte.ctename ?? ''));
      const aliases = nameList(cte.aliascolnames);
      if (aliases.length > 0)
        out.add(`(${aliases.map((name) => quoteIdentifier(name)).join(', ')})`);
      out.add(` AS ${MATERIALIZED[cte.ctematerialized ?? ''] ?? ''}(`);
      out.keyword('', 0, 0, 0);
      out.add(this.subquery(select, true));
      out.keyword('', 0, 0, 0);
      out.add(')');
    });
    out.level -= INDENT_STANDARD;
    out.keyword('', 0, 0, 0);
  }

  #basic(from: FromWriter): void {
    const { select, out } = this;
    out.level += INDENT_STANDARD;
    out.add(' ');
    if (select.valuesLists !== undefined) return this.#values(select.valuesLists);
    out.add('SELECT');
    this.#distinct();
    this.#targets();
    from.write(select.fromClause ?? []);
    if (select.whereClause !== undefined) {
      out.keyword(' WHERE ', -INDENT_STANDARD, INDENT_STANDARD, 1);
      this.expression(select.whereClause, false);
    }
    this.#groupBy();
    if (select.havingClause !== undefined) {
      out.keyword(' HAVING ', -INDENT_STANDARD, INDENT_STANDARD, 0);
      this.expression(select.havingClause, false);
    }
    (select.windowClause ?? []).forEach((item, i) => {
      const def = nodeAs(item, 'WindowDef');
      if (i === 0) out.keyword(' WINDOW ', -INDENT_STANDARD, INDENT_STANDARD, 1);
      else out.add(', ');
      out.add(`${quoteIdentifier(def?.name ?? '')} AS `);
      windowSpecification(def ?? {}, this);
    });
  }

  #distinct(): void {
    const { distinctClause } = this.select;
    if (distinctClause === undefined) return;
    this.out.add(' DISTINCT');
    const keys = distinctClause.filter((node) => Object.keys(node).length > 0);
    if (keys.length === 0) return;
    this.out.add(' ON (');
    keys.forEach((node, i) => {
      if (i > 0) this.out.add(', ');
      this.key(this.#keyExpr(node));
    });
    this.out.add(')');
  }

  #values(rows: readonly Node[]): void {
    this.out.add('VALUES ');
    rows.forEach((row, i) => {
      this.out.add(i === 0 ? '(' : ', (');
      (nodeAs(row, 'List')?.items ?? []).forEach((item, column) => {
        if (column > 0) this.out.add(',');
        this.expression(item, false);
      });
      this.out.add(')');
    });
  }

  #targets(): void {
    const { out } = this;
    (this.select.targetList ?? []).forEach((node, i) => {
      const target = nodeAs(node, 'ResTarget');
      out.add(i === 0 ? ' ' : ', ');
      const text = out.capture(() =>
        this.#target(target?.val as Node, this.#fieldName(i, node), i),
      );
      out.item(text, i === 0);
    });
  }

  #fieldName(index: number, node: Node): string {
    const target = nodeAs(node, 'ResTarget');
    const own = target?.name ?? columnName(target?.val as Node);
    return this.place.fieldNames?.[index] ?? own;
  }

  #target(value: Node, name: string, index: number): void {
    const expr = this.#typedTarget(value, index);
    if (expr.kind === 'row' && 'ColumnRef' in (this.parent.facts.nodeOf(expr) ?? {})) {
      // Without the cast, the star would stand for all columns.
      const relation = this.parent.names.rowType(expr.type.oid);
      if (relation === undefined) throw notSupported('a whole row in a view');
      this.exprs.write(expr, true);
      return this.out.add(`::${relation} AS ${quoteIdentifier(name)}`);
    }
    const column = this.#plainColumn(expr);
    this.exprs.write(expr, true);
    const shown = column ?? (this.place.namesVisible ? undefined : '?column?');
    if (shown !== name) this.out.add(` AS ${quoteIdentifier(name)}`);
  }

  #typedTarget(value: Node, index: number): Expr {
    const raw = this.parent.facts.exprOf(value);
    const expr = this.bound(value);
    if (this.place.inSetOperation !== true || raw?.type.oid !== OID.unknown) return expr;
    const type = this.place.fieldTypes?.[index];
    if (type === undefined) throw notSupported('an untyped literal in a set operation of a view');
    const isText = [OID.text, OID.varchar, OID.bpchar].some((oid) => oid === type.oid);
    if (!isText && !(raw.kind === 'constant' && raw.value === null))
      throw notSupported('an untyped literal in a set operation of a view');
    return { ...expr, type: sqlType(type.oid) };
  }

  /** The name of a column that is no more than a reference. */
  #plainColumn(expr: Expr): string | undefined {
    const { facts } = this.parent;
    if (expr.kind === 'exec-param') {
      const outer = facts.param(expr.index);
      return outer === undefined ? undefined : this.#plainColumn(outer);
    }
    return expr.kind === 'column' ? facts.column(expr.index)?.name : undefined;
  }

  #groupBy(): void {
    const { groupClause, groupDistinct } = this.select;
    if (groupClause === undefined) return;
    this.out.keyword(' GROUP BY ', -INDENT_STANDARD, INDENT_STANDARD, 1);
    if (groupDistinct === true) this.out.add('DISTINCT ');
    groupClause.forEach((node, i) => {
      if (i > 0) this.out.add(', ');
      this.#grouping(node, true);
    });
  }

  #grouping(node: Node, omitParentheses: boolean): void {
    const set = nodeAs(node, 'GroupingSet');
    if (set === undefined) {
      const items = nodeAs(node, 'RowExpr')?.args ?? [node];
      const bare = omitParentheses && items.length === 1;
      if (!bare) this.out.add('(');
      items.forEach((item, i) => {
        if (i > 0) this.out.add(', ');
        this.key(this.#keyExpr(item));
      });
      if (!bare) this.out.add(')');
      return;
    }
    if (set.kind === 'GROUPING_SET_EMPTY') return this.out.add('()');
    const words = { ROLLUP: 'ROLLUP(', CUBE: 'CUBE(', SETS: 'GROUPING SETS (' };
    this.out.add(words[(set.kind ?? '').replace('GROUPING_SET_', '') as keyof typeof words] ?? '(');
    (set.content ?? []).forEach((item, i) => {
      if (i > 0) this.out.add(', ');
      this.#grouping(item, set.kind !== 'GROUPING_SET_SETS');
    });
    this.out.add(')');
  }

  sortKeys(nodes: readonly Node[], byPosition: boolean): void {
    nodes.forEach((node, i) => {
      const sort: SortBy = nodeAs(node, 'SortBy') ?? { node };
      if (i > 0) this.out.add(', ');
      if (byPosition) this.out.add(String(this.#outputPosition(sort.node as Node)));
      else this.key(this.#keyExpr(sort.node as Node));
      const descending = sort.sortby_dir === 'SORTBY_DESC';
      if (sort.sortby_dir === 'SORTBY_USING') throw notSupported('ORDER BY ... USING in a view');
      if (descending) this.out.add(' DESC');
      if (sort.sortby_nulls === 'SORTBY_NULLS_FIRST' && !descending) this.out.add(' NULLS FIRST');
      if (sort.sortby_nulls === 'SORTBY_NULLS_LAST' && descending) this.out.add(' NULLS LAST');
    });
  }

  #outputPosition(node: Node): number {
    const position = nodeAs(node, 'A_Const')?.ival?.ival;
    if (position !== undefined) return position;
    const name = nameList(nodeAs(node, 'ColumnRef')?.fields)[0];
    let first = this.select;
    while (first.larg !== undefined) first = first.larg;
    const index = (first.targetList ?? []).findIndex((target) => this.#targetName(target) === name);
    if (index < 0) throw notSupported('this ORDER BY in a view');
    return index + 1;
  }

  #targetName(node: Node): string | undefined {
    const target = nodeAs(node, 'ResTarget');
    return target?.name ?? (target?.val === undefined ? undefined : columnName(target.val));
  }

  /** What a sort or group item means: itself, or the select-list entry that it names or counts to. */
  #keyExpr(node: Node): Expr {
    const own = this.parent.facts.exprOf(node);
    if (own !== undefined) return this.bound(node);
    const targets = this.select.targetList ?? [];
    const position = nodeAs(node, 'A_Const')?.ival?.ival;
    const name = nameList(nodeAs(node, 'ColumnRef')?.fields)[0];
    const found =
      position === undefined
        ? targets.find((target) => this.#targetName(target) === name)
        : targets[position - 1];
    return this.bound(nodeAs(found, 'ResTarget')?.val);
  }

  /** Calls get parentheses in ORDER BY and GROUP BY, as in PostgreSQL. */
  key(expr: Expr): void {
    const { facts } = this.parent;
    const isCall = expr.kind === 'column' && facts.call(expr.index) !== undefined;
    const isPlain =
      expr.kind === 'constant' || expr.kind === 'exec-param' || (expr.kind === 'column' && !isCall);
    const isFunction =
      isCall || (expr.kind === 'call' && expr.operator === undefined) || isFunctionCast(expr);
    const wrap = !isPlain && (this.parent.names.pretty || isFunction);
    if (wrap) this.out.add('(');
    this.exprs.write(expr, true);
    if (wrap) this.out.add(')');
  }

  #limit(node: Node): void {
    const { out, select } = this;
    if (nodeAs(node, 'A_Const')?.isnull === true) {
      return out.keyword(' LIMIT ALL', -INDENT_STANDARD, INDENT_STANDARD, 0);
    }
    const ties = select.limitOption === 'LIMIT_OPTION_WITH_TIES';
    out.keyword(ties ? ' FETCH FIRST ' : ' LIMIT ', -INDENT_STANDARD, INDENT_STANDARD, 0);
    if (ties) out.add('(');
    this.expression(node, false);
    if (ties) out.add(') ROWS WITH TIES');
  }

  #setOperation(select: SelectStmt, namesVisible: boolean, isTop: boolean): void {
    const { out } = this;
    const isSet = select.op !== undefined && select.op !== 'SETOP_NONE';
    const isOwn = isTop || (isSet && !hasTail(select));
    if (!isOwn) {
      const wrap = hasTail(select);
      if (wrap) out.add('(');
      out.add(
        this.parent.query(select, {
          level: out.level,
          taken: this.#taken,
          namesVisible,
          fieldNames: this.place.fieldNames,
          fieldTypes: this.place.fieldTypes,
          inSetOperation: true,
        }),
      );
      if (wrap) out.add(')');
      return;
    }
    const left = select.larg as SelectStmt;
    const right = select.rarg as SelectStmt;
    const all = select.all === true;
    const wrapLeft = isSetOperation(left) && (left.op !== select.op || (left.all === true) !== all);
    const indent = wrapLeft ? INDENT_STANDARD : 0;
    if (wrapLeft) {
      out.add('(');
      out.keyword('', indent, 0, 0);
    }
    this.#setOperation(left, namesVisible, false);
    out.keyword(wrapLeft ? ') ' : '', -indent, 0, 0);
    out.add(`${(select.op ?? '').replace('SETOP_', '')} ${all ? 'ALL ' : ''}`);
    const wrapRight = isSetOperation(right);
    if (wrapRight) out.add('(');
    out.keyword('', wrapRight ? INDENT_STANDARD : 0, 0, 0);
    this.#setOperation(right, false, false);
    if (wrapRight) {
      out.level -= INDENT_STANDARD;
      out.keyword(')', 0, 0, 0);
    }
  }
}

/** Casts that are functions in PostgreSQL rather than relabellings. */
function isFunctionCast(expr: Expr): boolean {
  return expr.kind === 'cast' && expr.convert !== false;
}

function hasTail(select: SelectStmt): boolean {
  return (
    select.sortClause !== undefined ||
    select.limitCount !== undefined ||
    select.limitOffset !== undefined ||
    select.withClause !== undefined
  );
}

function isSetOperation(select: SelectStmt): boolean {
  return select.op !== undefined && select.op !== 'SETOP_NONE' && !hasTail(select);
}
