/** Moves conditions down to where their columns come from, and outer joins to inner ones on the way. */
import type { Expr } from '../expr.ts';
import {
  columnsOf,
  conjunction,
  conjuncts,
  exprEqual,
  hasVolatileCall,
  isRowFree,
  substituteColumns,
} from '../expr-walk.ts';
import { HashIndex, structureHash } from '../expr-hash.ts';
import type { LogicalColumn, LogicalNode } from '../logical.ts';
import { idsOf, mapInputs } from '../plan-walk.ts';
import { rejectsNulls } from './strictness.ts';

type Of<K extends LogicalNode['kind']> = Extract<LogicalNode, { kind: K }>;

export function pushPredicates(plan: LogicalNode): LogicalNode {
  return push(plan, []);
}

/** The node with the predicates applied as deep down as they may go. */
function push(node: LogicalNode, predicates: readonly Expr[]): LogicalNode {
  switch (node.kind) {
    case 'filter':
      return pushFilter(node, predicates);
    case 'project':
      return pushProject(node, predicates);
    case 'join':
      return pushJoin(node, predicates);
    case 'aggregate':
      return pushAggregate(node, predicates);
    case 'window':
      return pushWindow(node, predicates);
    case 'sort':
    case 'distinct': {
      return { ...node, input: push(node.input, predicates) };
    }
    case 'distinct-on': {
      const keys = new Set<number>();
      for (const key of node.keys) if (key.kind === 'column') keys.add(key.index);
      return split(node, predicates, (predicate) => within(predicate, keys));
    }
    case 'project-set':
      return split(node, predicates, (predicate) => within(predicate, idsOf(node.input)));
    case 'append':
      return {
        ...node,
        inputs: node.inputs.map((input) =>
          push(input, renamed(predicates, node.columns, input.columns)),
        ),
      };
    case 'set-operation':
      return {
        ...node,
        left: push(node.left, renamed(predicates, node.columns, node.left.columns)),
        right: push(node.right, renamed(predicates, node.columns, node.right.columns)),
      };
    case 'with':
      return {
        ...node,
        ctes: node.ctes.map((cte) => ({ ...cte, plan: push(cte.plan, []) })),
        body: push(node.body, predicates),
      };
    default:
      return above(
        mapInputs(node, (input) => push(input, [])),
        predicates,
      );
  }
}

/** A filter over the node, where there is something to filter by. */
function above(node: LogicalNode, predicates: readonly Expr[]): LogicalNode {
  const condition = conjunction(predicates);
  return condition === null
    ? node
    : { kind: 'filter', input: node, condition, columns: node.columns };
}

function within(expr: Expr, ids: ReadonlySet<number>): boolean {
  for (const id of columnsOf(expr)) if (!ids.has(id)) return false;
  return true;
}

function split(
  node: Of<'distinct-on'> | Of<'project-set'> | Of<'window'>,
  predicates: readonly Expr[],
  goesDown: (predicate: Expr) => boolean,
): LogicalNode {
  const down = predicates.filter((predicate) => goesDown(predicate));
  const stay = predicates.filter((predicate) => !goesDown(predicate));
  return above({ ...node, input: push(node.input, down) }, stay);
}

function renamed(
  predicates: readonly Expr[],
  from: readonly LogicalColumn[],
  to: readonly LogicalColumn[],
): Expr[] {
  const byId = new Map(from.map((column, i) => [column.id, to[i]]));
  return predicates.map((predicate) =>
    substituteColumns(predicate, (id) => {
      const column = byId.get(id);
      return column === undefined
        ? undefined
        : { kind: 'column', type: column.type, index: column.id };
    }),
  );
}

/** Conditions with effects or with random values stay where they were written. */
function pushFilter(node: Of<'filter'>, predicates: readonly Expr[]): LogicalNode {
  const own = conjuncts(node.condition).filter(
    (part) => part.kind !== 'constant' || part.value !== true,
  );
  // FALSE and NULL let nothing pass; what stands below may still have effects (a data change, a lock).
  if (own.some((part) => part.kind === 'constant') && isPure(node.input))
    return { kind: 'values', rows: [], columns: node.columns };
  const fixed = own.filter((part) => hasVolatileCall(part));
  const free = own.filter((part) => !hasVolatileCall(part));
  if (fixed.length === 0) return push(node.input, [...free, ...predicates]);
  return above(push(node.input, []), [...free, ...fixed, ...predicates]);
}

function isPure(node: LogicalNode): boolean {
  switch (node.kind) {
    case 'scan':
    case 'values':
      return true;
    case 'filter':
    case 'project':
    case 'sort':
      return isPure(node.input);
    case 'join':
      return isPure(node.left) && isPure(node.right);
    default:
      return false;
  }
}

function pushProject(node: Of<'project'>, predicates: readonly Expr[]): LogicalNode {
  const byId = new Map(node.columns.map((column, i) => [column.id, node.exprs[i]]));
  const down: Expr[] = [];
  const stay: Expr[] = [];
  for (const predicate of predicates) {
    const used = [...columnsOf(predicate)].map((id) => byId.get(id));
    const movable = used.every(
      (expr) => expr !== undefined && !hasVolatileCall(expr) && expr.kind !== 'subquery',
    );
    if (movable) down.push(substituteColumns(predicate, (id) => byId.get(id)));
    else stay.push(predicate);
  }
  return above({ ...node, input: push(node.input, down) }, stay);
}

function pushAggregate(node: Of<'aggregate'>, predicates: readonly Expr[]): LogicalNode {
  const byId = new Map(node.groups.map((group) => [group.column.id, group.expr]));
  const down: Expr[] = [];
  const stay: Expr[] = [];
  for (const predicate of predicates) {
    const used = [...columnsOf(predicate)];
    const movable =
      node.groupingSets === null &&
      used.length > 0 &&
      used.every((id) => byId.has(id) && !hasVolatileCall(byId.get(id)!));
    if (movable) down.push(substituteColumns(predicate, (id) => byId.get(id)));
    else stay.push(predicate);
  }
  return above({ ...node, input: push(node.input, down) }, stay);
}

function pushWindow(node: Of<'window'>, predicates: readonly Expr[]): LogicalNode {
  const keys = new Set<number>();
  for (const expr of node.partitionBy) if (expr.kind === 'column') keys.add(expr.index);
  return split(
    node,
    predicates,
    (predicate) => columnsOf(predicate).size > 0 && within(predicate, keys),
  );
}

function pushJoin(node: Of<'join'>, predicates: readonly Expr[]): LogicalNode {
  const joinType = simplified(node, predicates);
  const leftIds = idsOf(node.left);
  const rightIds = idsOf(node.right);
  if (joinType === 'inner') return pushInner(node, predicates, leftIds, rightIds);
  const left: Expr[] = [];
  const right: Expr[] = [];
  const stay: Expr[] = [];
  const keepsLeft = joinType === 'left' || joinType === 'semi' || joinType === 'anti';
  const keepsRight = joinType === 'right';
  for (const predicate of predicates) {
    if (keepsLeft && within(predicate, leftIds)) left.push(predicate);
    else if (keepsRight && within(predicate, rightIds)) right.push(predicate);
    else stay.push(predicate);
  }
  // A condition over the side that may be missing only decides what matches.
  const condition: Expr[] = [];
  for (const part of conjuncts(node.condition)) {
    const volatile = hasVolatileCall(part) || columnsOf(part).size === 0;
    if (!volatile && joinType !== 'full' && !node.nullAware && keepsLeft && within(part, rightIds))
      right.push(part);
    else if (!volatile && keepsRight && within(part, leftIds)) left.push(part);
    else condition.push(part);
  }
  const joined: LogicalNode = {
    ...node,
    joinType,
    left: push(node.left, left),
    right: push(node.right, right),
    condition: conjunction(condition),
  };
  return above(joined, stay);
}

function pushInner(
  node: Of<'join'>,
  predicates: readonly Expr[],
  leftIds: ReadonlySet<number>,
  rightIds: ReadonlySet<number>,
): LogicalNode {
  const pool = withImplied([...conjuncts(node.condition), ...predicates]);
  const left: Expr[] = [];
  const right: Expr[] = [];
  const condition: Expr[] = [];
  for (const part of pool) {
    if (hasVolatileCall(part)) condition.push(part);
    else if (within(part, leftIds)) left.push(part);
    else if (within(part, rightIds)) right.push(part);
    else condition.push(part);
  }
  return {
    ...node,
    joinType: 'inner',
    left: push(node.left, left),
    right: push(node.right, right),
    condition: conjunction(condition),
  };
}

/** `a = b AND a = 5` also says `b = 5`, where both equalities are the same function. */
function withImplied(parts: readonly Expr[]): readonly Expr[] {
  const fixed = fixedColumns(parts);
  if (fixed.size === 0) return parts;
  const result = parts.slice();
  const known = new HashIndex<Expr, true>(structureHash, exprEqual);
  for (const part of parts) known.add(part, true);
  for (const pair of parts) {
    if (!isEquality(pair)) continue;
    const [a, b] = pair.args;
    if (a.kind !== 'column' || b.kind !== 'column') continue;
    const ofPair = [...(fixed.get(a.index) ?? []), ...(fixed.get(b.index) ?? [])];
    for (const { equality, column, value } of ofPair.sort((x, y) => x.at - y.at)) {
      if (equality.fn !== pair.fn) continue;
      const implied: Expr = { ...equality, args: [column === a.index ? b : a, value] };
      if (known.find(implied) !== undefined) continue;
      known.add(implied, true);
      result.push(implied);
    }
  }
  return result;
}

interface FixedColumn {
  /** Place among the parts. */
  readonly at: number;
  readonly equality: Extract<Expr, { kind: 'call' }>;
  readonly column: number;
  readonly value: Expr;
}

/** What columns are equal to by themselves, by column. */
function fixedColumns(parts: readonly Expr[]): Map<number, FixedColumn[]> {
  const byColumn = new Map<number, FixedColumn[]>();
  for (const [at, equality] of parts.entries()) {
    if (!isEquality(equality)) continue;
    const [left, right] = equality.args;
    const [column, value] = left.kind === 'column' ? [left, right] : [right, left];
    if (column.kind !== 'column' || !isRowFree(value)) continue;
    const fixed = { at, equality, column: column.index, value };
    const known = byColumn.get(column.index);
    if (known === undefined) byColumn.set(column.index, [fixed]);
    else known.push(fixed);
  }
  return byColumn;
}

function isEquality(expr: Expr): expr is Extract<Expr, { kind: 'call' }> {
  return (
    expr.kind === 'call' &&
    expr.operator === '=' &&
    expr.args.length === 2 &&
    expr.args[0].type.oid === expr.args[1].type.oid
  );
}

/** The join's type once conditions above it have ruled made-up rows out. */
function simplified(node: Of<'join'>, predicates: readonly Expr[]): Of<'join'>['joinType'] {
  const { joinType } = node;
  if (joinType === 'inner' || joinType === 'semi' || joinType === 'anti') return joinType;
  const rejectsLeft = predicates.some((predicate) => rejectsNulls(predicate, idsOf(node.left)));
  const rejectsRight = predicates.some((predicate) => rejectsNulls(predicate, idsOf(node.right)));
  switch (joinType) {
    case 'left':
      return rejectsRight ? 'inner' : 'left';
    case 'right':
      return rejectsLeft ? 'inner' : 'right';
    case 'full':
      if (rejectsLeft && rejectsRight) return 'inner';
      if (rejectsLeft) return 'left';
      return rejectsRight ? 'right' : 'full';
  }
}
