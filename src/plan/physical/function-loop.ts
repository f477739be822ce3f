/**
 * FROM t, unnest(t.list) and the like: the functions' arguments are computed for all rows of a batch, where a
 * loop would begin a scan for each row.
 */
import type { ExecParamBinding, Expr } from '../expr.ts';
import { columnExpr, conjunction, conjuncts, isVolatile, withBoundValues } from '../expr-walk.ts';
import type { LogicalFunctionScan, LogicalNode } from '../logical.ts';
import type { FunctionLoopNode, FunctionScanNode } from '../physical.ts';
import type { PlanBuilder } from './build.ts';
import { outputs, positionsOf, type Built } from './layout.ts';

type Join = Extract<LogicalNode, { kind: 'join' }>;

/** undefined where the join is of another kind. */
export function functionLoop(
  builder: PlanBuilder,
  node: Join,
  required: ReadonlySet<number>,
  leftNeeds: ReadonlySet<number>,
): Built | undefined {
  const { joinType, bindings } = node;
  if (node.right.kind === 'project') {
    const above = projectionAbove(node, node.right, required);
    return above && builder.build(above, required);
  }
  const right = functionsOf(node.right, bindings);
  if (right === undefined || (joinType !== 'inner' && joinType !== 'left')) return undefined;
  const condition = conjunction([...conjuncts(right.condition), ...conjuncts(node.condition)]);
  if (condition !== null && (joinType === 'left' || isVolatile(condition))) return undefined;
  const left = builder.build(node.left, leftNeeds);
  const { scan } = right;
  const leftPositions = positionsOf(left.columns);
  const functions = scan.functions.map((fn) => ({
    ...fn,
    args: fn.args.map((arg) => builder.place(arg, leftPositions)),
  }));
  const functionScan: FunctionScanNode = {
    kind: 'function-scan',
    functions,
    withOrdinality: scan.withOrdinality,
    columns: outputs(scan.columns),
    estimatedRows: builder.wrap({ kind: 'values', rows: [] }, [], scan).node.estimatedRows,
  };
  const columns = [...left.columns, ...scan.columns];
  const loop: Omit<FunctionLoopNode, 'columns' | 'estimatedRows'> = {
    kind: 'function-loop',
    joinType,
    left: left.node,
    right: functionScan,
    condition: condition && builder.place(condition, positionsOf(columns)),
  };
  return builder.wrap(loop, columns, node);
}

/** LATERAL (SELECT ... FROM unnest(t.list)): what the subquery computes is computed over the join. */
function projectionAbove(
  node: Join,
  right: Extract<LogicalNode, { kind: 'project' }>,
  required: ReadonlySet<number>,
): LogicalNode | undefined {
  const { left, bindings, joinType } = node;
  if (node.condition !== null) return undefined;
  const computed = right.columns.flatMap((column, i) =>
    required.has(column.id) || isVolatile(right.exprs[i])
      ? [{ column, expr: withBoundValues(right.exprs[i], bindings) }]
      : [],
  );
  const isAllowed = ({ expr }: { readonly expr: Expr }): boolean =>
    joinType === 'inner'
      ? !isVolatile(expr)
      : // Where no row is found, only a column of the functions is sure to be NULL.
        right.input.columns.some(({ id }) => expr.kind === 'column' && expr.index === id);
  if (!computed.every(isAllowed) || functionsOf(right.input, bindings) === undefined) {
    return undefined;
  }
  const input: LogicalNode = {
    ...node,
    right: right.input,
    columns: [...left.columns, ...right.input.columns],
  };
  const kept = left.columns.map(columnExpr);
  return {
    kind: 'project',
    input,
    exprs: [...kept, ...computed.map(({ expr }) => expr)],
    columns: [...left.columns, ...computed.map(({ column }) => column)],
  };
}

/** Functions with arguments over the outer row, and the condition on what they give. */
function functionsOf(
  node: LogicalNode,
  bindings: readonly ExecParamBinding[],
): { readonly scan: LogicalFunctionScan; readonly condition: Expr | null } | undefined {
  if (node.kind === 'filter') {
    const below = functionsOf(node.input, bindings);
    const condition = withBoundValues(node.condition, bindings);
    return (
      below && { ...below, condition: conjunction([...conjuncts(below.condition), condition]) }
    );
  }
  if (node.kind !== 'function-scan' || bindings.length === 0) return undefined;
  const functions = node.functions.map((fn) => ({
    ...fn,
    args: fn.args.map((arg) => withBoundValues(arg, bindings)),
  }));
  if (functions.some(({ args }) => args.some(isVolatile))) return undefined;
  return { scan: { ...node, functions }, condition: null };
}
