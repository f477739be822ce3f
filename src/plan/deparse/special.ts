/** Expressions whose text the query around them knows: its calls, its subqueries, outer columns. */
import { quoteIdentifier } from '../../base/identifier.ts';
import { notSupported } from '../../errors/db-error.ts';
import { nameList, nodeAs, type FuncCall, type Node, type SubLink } from '../../parse/ast.ts';
import type { Expr } from '../expr.ts';
import type { NodeCall } from './facts.ts';
import type { OneQuery } from './query.ts';
import { windowSpecification } from './window.ts';

/** Writes an expression that is none of the plain kinds; false where it is one. */
export function writeSpecial(expr: Expr, query: OneQuery): boolean {
  const { facts } = query.parent;
  switch (expr.kind) {
    case 'column': {
      const group = facts.group(expr.index);
      if (group !== undefined) {
        query.exprs.write(group, true);
        return true;
      }
      const grouping = nodeAs(facts.nodeOf(expr), 'GroupingFunc');
      if (grouping !== undefined) {
        query.out.add('GROUPING(');
        query.exprs.list((grouping.args ?? []).map((arg) => query.bound(arg)));
        query.out.add(')');
        return true;
      }
      const call = facts.call(expr.index);
      if (call === undefined) return false;
      writeCall(call, nodeAs(facts.nodeOf(expr), 'FuncCall'), query);
      return true;
    }
    case 'exec-param': {
      const outer = facts.param(expr.index);
      if (outer === undefined) throw notSupported('this reference in a view');
      query.exprs.write(outer, true);
      return true;
    }
    case 'subquery': {
      if (expr.source === undefined) throw notSupported('this subquery in a view');
      writeSubquery(expr.source as SubLink, query);
      return true;
    }
    case 'row':
    case 'case': {
      const written = facts.nodeOf(expr);
      if (written === undefined || !('ColumnRef' in written)) return false;
      query.out.add(`${wholeRowName(written, query)}.*`);
      return true;
    }
    case 'field':
      throw notSupported('a field in a view');
    default:
      return false;
  }
}

/** The name that a whole-row reference has in the text to come. */
function wholeRowName(node: Node, query: OneQuery): string {
  const { facts, aliases } = query.parent;
  const name = nameList(nodeAs(node, 'ColumnRef')?.fields).at(-1);
  for (const [item, alias] of aliases) {
    if (facts.itemOf(item)?.items.some((candidate) => candidate.alias === name) === true) {
      if (alias === name) return quoteIdentifier(alias);
    }
  }
  throw notSupported('this whole row in a view');
}

function writeCall(found: NodeCall, node: FuncCall | undefined, query: OneQuery): void {
  const { out, exprs } = query;
  const { call } = found;
  out.add(`${quoteIdentifier(call.fn.name)}(`);
  if (found.kind === 'set') {
    exprs.list(call.args);
    return out.add(')');
  }
  const within = node?.agg_within_group === true;
  const args = found.kind === 'aggregate' && within ? found.call.directArgs : call.args;
  if (node === undefined) throw notSupported('this call in a view');
  if (node.agg_distinct === true) out.add('DISTINCT ');
  if (node.func_variadic === true) throw notSupported('VARIADIC in a view');
  if (node.agg_star === true) out.add('*');
  else exprs.list(args);
  if (node.agg_order !== undefined) {
    out.add(within ? ') WITHIN GROUP (ORDER BY ' : ' ORDER BY ');
    if (within && found.kind === 'aggregate') writeWithinKeys(node.agg_order, found.call, query);
    else query.sortKeys(node.agg_order, false);
  }
  out.add(')');
  if (node.agg_filter !== undefined) {
    out.add(' FILTER (WHERE ');
    query.expression(node.agg_filter, false);
    out.add(')');
  }
  if (node.over === undefined) return;
  out.add(' OVER ');
  if (node.over.name !== undefined) out.add(quoteIdentifier(node.over.name));
  else windowSpecification(node.over, query);
}

/** The ordered arguments of an ordered-set aggregate, with the casts that its signature asks for. */
function writeWithinKeys(
  nodes: readonly Node[],
  call: { readonly args: readonly Expr[] },
  query: OneQuery,
): void {
  nodes.forEach((node, i) => {
    const sort = nodeAs(node, 'SortBy');
    if (i > 0) query.out.add(', ');
    const arg = call.args[i];
    if (arg === undefined) query.sortKeys([node], false);
    else query.key(arg);
    if (arg !== undefined && sort?.sortby_dir === 'SORTBY_DESC') query.out.add(' DESC');
  });
}

function writeSubquery(link: SubLink, query: OneQuery): void {
  const { out, exprs } = query;
  const select = nodeAs(link.subselect, 'SelectStmt');
  if (select === undefined) throw notSupported('this subquery in a view');
  const body = (): string => query.subquery(select, false);
  switch (link.subLinkType) {
    case 'EXISTS_SUBLINK':
      return out.add(`(EXISTS (${body()}))`);
    case 'ARRAY_SUBLINK':
      return out.add(`ARRAY(${body()})`);
    case 'EXPR_SUBLINK':
      return out.add(`(${body()})`);
    case 'ANY_SUBLINK':
    case 'ALL_SUBLINK': {
      const operator = nameList(link.operName).at(-1) ?? '=';
      const row = nodeAs(link.testexpr, 'RowExpr');
      out.add('(');
      if (row === undefined) query.expression(link.testexpr, true);
      else {
        out.add('(');
        exprs.list((row.args ?? []).map((arg) => query.bound(arg)));
        out.add(')');
      }
      const isIn = link.subLinkType === 'ANY_SUBLINK' && operator === '=';
      const quantifier = link.subLinkType === 'ANY_SUBLINK' ? 'ANY' : 'ALL';
      return out.add(`${isIn ? ' IN' : ` ${operator} ${quantifier}`} (${body()}))`);
    }
    default:
      throw notSupported('this subquery in a view');
  }
}
