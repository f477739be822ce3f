/** UNION, INTERSECT and EXCEPT. */
import { OID } from '../../types/type.ts';
import type { SelectStmt } from '../../parse/ast.ts';
import { nodeLocation } from '../../parse/location.ts';
import type { Expr } from '../expr.ts';
import type { LogicalNode } from '../logical.ts';
import { commonType, resolveUnknown, toCommon } from './coerce.ts';
import type { BindContext } from './context.ts';
import { finishQuery } from './finish.ts';
import { equalityOf } from './operators.ts';
import { bindQuery, mapOutputs, outputField, type BoundQuery, type QueryInput } from './query.ts';

export function bindSetOperation(stmt: SelectStmt, input: QueryInput): BoundQuery {
  return finishQuery(stmt, combine(stmt, input), input);
}

const NAMES = {
  SETOP_UNION: 'UNION',
  SETOP_INTERSECT: 'INTERSECT',
  SETOP_EXCEPT: 'EXCEPT',
} as const;

function combine(stmt: SelectStmt, input: QueryInput): BoundQuery {
  const { context } = input;
  const op = (stmt.op ?? 'SETOP_UNION') as keyof typeof NAMES;
  const name = NAMES[op];
  const arm = { ...input, keepUnknown: true, topLevel: false };
  const left = bindQuery(stmt.larg as SelectStmt, arm);
  const right = bindQuery(stmt.rarg as SelectStmt, arm);
  const [typedLeft, typedRight] = unifyArms(context, left, right, name, stmt);
  return setOperation(context, op, stmt.all === true, typedLeft, typedRight);
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
      inputs: all ? appended(left.node, right.node) : [left.node, right.node],
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
function appended(left: LogicalNode, right: LogicalNode): LogicalNode[] {
  return left.kind === 'append' ? [...left.inputs, right] : [left, right];
}
