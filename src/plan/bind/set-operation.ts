/** UNION, INTERSECT and EXCEPT. */
import type { Steps } from '../../base/steps.ts';
import { OID } from '../../types/type.ts';
import type { SelectStmt } from '../../parse/ast.ts';
import { nodeLocation } from '../../parse/location.ts';
import type { Expr } from '../expr.ts';
import type { LogicalNode } from '../logical.ts';
import { commonType, resolveUnknown, toCommon } from './coerce.ts';
import type { BindContext } from './context.ts';
import { finishQuery } from './finish.ts';
import { equalityOf } from './operators.ts';
import { mapOutputs, outputField, querySteps, type BoundQuery, type QueryInput } from './query.ts';

export function* setOperationSteps(stmt: SelectStmt, input: QueryInput): Steps<BoundQuery> {
  return finishQuery(stmt, yield* combine(stmt, input), input);
}

const NAMES = {
  SETOP_UNION: 'UNION',
  SETOP_INTERSECT: 'INTERSECT',
  SETOP_EXCEPT: 'EXCEPT',
} as const;

/** The operations on the left are taken one after the other: a chain may have thousands of arms. */
function* combine(stmt: SelectStmt, input: QueryInput): Steps<BoundQuery> {
  const { context } = input;
  const arm = { ...input, keepUnknown: true, topLevel: false };
  const chain = [stmt];
  let first = stmt.larg as SelectStmt;
  for (; isPlainOperation(first); first = first.larg as SelectStmt) chain.push(first);
  let result = yield* querySteps(first, arm);
  for (const each of chain.toReversed()) {
    const op = (each.op ?? 'SETOP_UNION') as keyof typeof NAMES;
    const right = yield* querySteps(each.rarg as SelectStmt, arm);
    const [typedLeft, typedRight] = unifyArms(context, result, right, NAMES[op], each);
    result = setOperation(context, op, each.all === true, typedLeft, typedRight);
  }
  return result;
}

/** A set operation with no clauses of its own. */
function isPlainOperation(stmt: SelectStmt): boolean {
  const { op, withClause, sortClause, limitCount, limitOffset, lockingClause, intoClause } = stmt;
  const clauses = [withClause, sortClause, limitCount, limitOffset, lockingClause, intoClause];
  return op !== undefined && op !== 'SETOP_NONE' && clauses.every((clause) => clause === undefined);
}

/** Both arms with the common type of each column. */
export function unifyArms(
  context: BindContext,
  left: BoundQuery,
  right: BoundQuery,
  name: string,
  stmt: SelectStmt,
): [BoundQuery, BoundQuery] {
  if (left.fields.length !== right.fields.length) {
    const target = stmt.rarg?.targetList?.[0];
    throw context.error(
      'syntax_error',
      `each ${name} query must have the same number of columns`,
      target === undefined ? undefined : nodeLocation(target),
    );
  }
  const outputs = (query: BoundQuery): Expr[] =>
    query.node.kind === 'project'
      ? query.node.exprs.slice()
      : query.fields.map((field) => context.reference(field.column));
  const lefts = outputs(left);
  const rights = outputs(right);
  const types = lefts.map((expr, i) => commonType(context, [expr, rights[i]], name));
  const convert = (expr: Expr, i: number) =>
    toCommon(
      context,
      types[i].oid === OID.unknown ? resolveUnknown(context, expr) : expr,
      types[i],
      name,
    );
  return [mapOutputs(context, left, convert), mapOutputs(context, right, convert)];
}

function setOperation(
  context: BindContext,
  op: keyof typeof NAMES,
  all: boolean,
  left: BoundQuery,
  right: BoundQuery,
): BoundQuery {
  const fields = left.fields.map((field, i) => {
    const other = right.fields[i].column.type;
    const same = other.typmod === field.column.type.typmod;
    const type = same ? field.column.type : { oid: field.column.type.oid, typmod: -1 };
    return outputField(context, field.name, { kind: 'constant', type, value: null });
  });
  const columns = fields.map((field) => field.column);
  if (op !== 'SETOP_UNION' || !all) {
    for (const column of columns) equalityOf(context, column.type);
  }
  let node: LogicalNode;
  if (op === 'SETOP_UNION') {
    node = {
      kind: 'append',
      inputs: [...(all ? allInputs(left.node) : unionInputs(left.node)), right.node],
      columns,
    };
    if (!all) node = { kind: 'distinct', input: node, columns };
  } else {
    const operation = op === 'SETOP_INTERSECT' ? 'intersect' : 'except';
    node = { kind: 'set-operation', operation, all, left: left.node, right: right.node, columns };
  }
  return { node, fields };
}

/** A chain of UNION ALL is one append, as it may have a thousand arms. */
function allInputs(left: LogicalNode): readonly LogicalNode[] {
  return left.kind === 'append' ? left.inputs : [left];
}

/** So is one of UNION: rows that an arm has twice are told apart at the end. */
function unionInputs(left: LogicalNode): readonly LogicalNode[] {
  return left.kind === 'distinct' && left.input.kind === 'append' ? left.input.inputs : [left];
}
