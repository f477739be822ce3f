/** FROM clauses back to SQL text. */
import { quoteIdentifier } from '../../base/identifier.ts';
import { notSupported } from '../../errors/db-error.ts';
import type { CallInfo } from '../../functions/function.ts';
import {
  nameList,
  nodeAs,
  type JoinExpr,
  type Node,
  type RangeFunction,
  type RangeSubselect,
  type RangeVar,
} from '../../parse/ast.ts';
import { formatType } from '../../types/format-type.ts';
import { OID } from '../../types/type.ts';
import type { RangeItem } from '../bind/scope.ts';
import { someExpr } from '../expr-walk.ts';
import type { Expr } from '../expr.ts';
import { INDENT_JOIN, INDENT_STANDARD } from './layout.ts';
import type { OneQuery } from './query.ts';

const JOIN_WORDS: Readonly<Record<string, string>> = {
  JOIN_INNER: ' JOIN ',
  JOIN_LEFT: ' LEFT JOIN ',
  JOIN_FULL: ' FULL JOIN ',
  JOIN_RIGHT: ' RIGHT JOIN ',
};

export class FromWriter {
  readonly #query: OneQuery;
  readonly #own = new Set<Node>();

  constructor(query: OneQuery) {
    this.#query = query;
  }

  /** Gives every item a name that no item out there or before it has; answers all names in use. */
  nameItems(items: readonly Node[], outer: ReadonlySet<string>): ReadonlySet<string> {
    const taken = new Set(outer);
    const name = (node: Node): void => {
      const join = nodeAs(node, 'JoinExpr');
      if (join !== undefined) {
        name(join.larg as Node);
        name(join.rarg as Node);
        if (join.alias === undefined) return;
      }
      const wanted = this.#item(node).alias;
      let alias = wanted;
      for (let i = 1; taken.has(alias); i++) alias = `${wanted}_${i}`;
      taken.add(alias);
      this.#query.parent.aliases.set(node, alias);
      this.#own.add(node);
    };
    for (const item of items) name(item);
    return taken;
  }

  write(items: readonly Node[]): void {
    const { out } = this.#query;
    items.forEach((item, i) => {
      if (i === 0) {
        out.keyword(' FROM ', -INDENT_STANDARD, INDENT_STANDARD, 2);
        return this.#write(item);
      }
      out.add(', ');
      const text = out.capture(() => this.#write(item));
      out.item(text, false);
    });
  }

  #item(node: Node): RangeItem {
    const items = this.#query.parent.facts.itemOf(node)?.items;
    const item = items?.[items.length - 1];
    if (item === undefined) throw notSupported('this FROM item in a view');
    return item;
  }

  #write(node: Node): void {
    const table = nodeAs(node, 'RangeVar');
    if (table !== undefined) return this.#table(table, node);
    const subselect = nodeAs(node, 'RangeSubselect');
    if (subselect !== undefined) return this.#subselect(subselect, node);
    const functions = nodeAs(node, 'RangeFunction');
    if (functions !== undefined) return this.#functions(functions, node);
    const join = nodeAs(node, 'JoinExpr');
    if (join !== undefined) return this.#join(join, node);
    throw notSupported('this FROM item in a view');
  }

  #table(table: RangeVar, node: Node): void {
    const { parent, out } = this.#query;
    const { relation, columns } = this.#item(node);
    const alias = parent.aliases.get(node) as string;
    const name = relation?.name ?? table.relname ?? '';
    if (table.inh !== true) out.add('ONLY ');
    out.add(
      relation === undefined
        ? quoteIdentifier(name)
        : parent.names.relation(relation.oid, parent.ctes.has(name)),
    );
    if (alias !== name || table.alias?.aliasname !== undefined) {
      out.add(` ${quoteIdentifier(alias)}`);
    }
    if (table.alias?.colnames !== undefined) this.#columnList(columns);
  }

  #columnList(columns: readonly { readonly name: string }[]): void {
    this.#query.out.add(`(${columns.map((column) => quoteIdentifier(column.name)).join(', ')})`);
  }

  #subselect(subselect: RangeSubselect, node: Node): void {
    const { out, parent } = this.#query;
    const select = nodeAs(subselect.subquery, 'SelectStmt');
    if (select === undefined) throw notSupported('this FROM item in a view');
    if (subselect.lateral === true) out.add('LATERAL ');
    const text = this.#query.subquery(select, true);
    const isValues = select.valuesLists !== undefined && select.sortClause === undefined;
    out.add(`(${text}) `);
    out.add(quoteIdentifier(parent.aliases.get(node) as string));
    if (isValues || subselect.alias?.colnames !== undefined) {
      this.#columnList(this.#item(node).columns);
    }
  }

  #functions(range: RangeFunction, node: Node): void {
    const { out, parent, exprs } = this.#query;
    const { columns } = this.#item(node);
    const [first] = columns;
    const found =
      first?.expr.kind === 'column' ? parent.facts.functions(first.expr.index) : undefined;
    if (found === undefined) throw notSupported('this function in FROM in a view');
    const args =
      found.kind === 'function-scan' ? found.functions.flatMap((fn) => fn.args) : [found];
    const usesSiblings = args.some((arg) => this.#usesSiblings(arg));
    if (range.lateral === true || usesSiblings) out.add('LATERAL ');
    if (found.kind !== 'function-scan') exprs.write(found, true);
    else {
      const rows = found.functions.length > 1 || range.is_rowsfrom === true;
      if (rows) out.add('ROWS FROM(');
      found.functions.forEach(({ fn, args, call, isExpression }, i) => {
        if (call.variadicArray === true) throw notSupported('VARIADIC in a view');
        if (i > 0) out.add(', ');
        if (isExpression === true) exprs.write(args[0], true);
        else {
          out.add(`${quoteIdentifier(fn.name)}(`);
          exprs.list(args);
          out.add(')');
        }
        if (rows && isDefined(call)) out.add(` AS ${definitionList(call)}`);
      });
      if (rows) out.add(')');
    }
    if (range.ordinality === true) out.add(' WITH ORDINALITY');
    out.add(` ${quoteIdentifier(parent.aliases.get(node) as string)}`);
    if (range.coldeflist === undefined) return this.#columnList(columns);
    if (found.kind === 'function-scan') out.add(definitionList(found.functions[0].call));
  }

  /** Whether an argument refers to items of the same FROM clause. */
  #usesSiblings(arg: Expr): boolean {
    const { facts } = this.#query.parent;
    return someExpr(arg, (expr) => {
      const outer = expr.kind === 'exec-param' ? facts.param(expr.index) : undefined;
      const column = outer?.kind === 'column' ? facts.column(outer.index) : undefined;
      return column !== undefined && this.#own.has(column.item);
    });
  }

  #join(join: JoinExpr, node: Node): void {
    const { out, parent } = this.#query;
    const { pretty } = parent.names;
    const wrap = !pretty || join.alias !== undefined;
    if (wrap) out.add('(');
    this.#write(join.larg as Node);
    const shared = this.#sharedColumns(join);
    const isCross =
      join.jointype === 'JOIN_INNER' && join.quals === undefined && shared.length === 0;
    const word = JOIN_WORDS[join.jointype ?? 'JOIN_INNER'];
    if (word === undefined) throw notSupported('this join in a view');
    out.keyword(isCross ? ' CROSS JOIN ' : word, -INDENT_STANDARD, INDENT_STANDARD, INDENT_JOIN);
    const right = nodeAs(join.rarg, 'JoinExpr');
    const wrapRight = pretty && right !== undefined && right.alias === undefined;
    if (wrapRight) out.add('(');
    this.#write(join.rarg as Node);
    if (wrapRight) out.add(')');
    if (shared.length > 0) {
      out.add(` USING (${shared.map((name) => quoteIdentifier(name)).join(', ')})`);
      if (join.join_using_alias !== undefined) throw notSupported('a USING alias in a view');
    } else if (join.quals !== undefined) {
      out.add(pretty ? ' ON ' : ' ON (');
      this.#query.expression(join.quals, false);
      if (!pretty) out.add(')');
    } else if (!isCross) {
      // NATURAL of tables that share no column.
      out.add(' ON TRUE');
    }
    if (wrap) out.add(')');
    if (join.alias === undefined) return;
    out.add(` ${quoteIdentifier(parent.aliases.get(node) as string)}`);
    if (join.alias.colnames !== undefined) this.#columnList(this.#item(node).columns);
  }

  /** The columns of USING, which NATURAL stands for too. */
  #sharedColumns(join: JoinExpr): string[] {
    if (join.isNatural !== true) return nameList(join.usingClause);
    const { facts } = this.#query.parent;
    const names = (node: Node | undefined): string[] =>
      (node === undefined ? undefined : facts.itemOf(node))?.columns.map(({ name }) => name) ?? [];
    const right = new Set(names(join.rarg));
    return [...new Set(names(join.larg))].filter((name) => right.has(name));
  }
}

/** Whether the query says which columns the function's records have. */
function isDefined(call: CallInfo): boolean {
  return call.returnType.oid === OID.record && call.columnDefinitions !== undefined;
}

function definitionList({ columnDefinitions = [] }: CallInfo): string {
  const list = columnDefinitions.map(
    ({ name, type }) => `${quoteIdentifier(name)} ${formatType(type.oid, type.typmod)}`,
  );
  return `(${list.join(', ')})`;
}
