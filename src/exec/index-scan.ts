/** Looks rows up through an index, in its order. */
import type { IndexScanNode } from '../plan/physical.ts';
import type { Value } from '../types/value.ts';
import { bindValue } from './bind-scan.ts';
import { filtered } from './filter.ts';
import { frozenIndexScan } from './frozen-scan.ts';
import type { ExecContext, OperatorRun } from './operator.ts';

/** Key values of one lookup. */
export interface IndexBounds {
  readonly equals: readonly Value[];
  readonly lower: { readonly value: Value; readonly inclusive: boolean } | null;
  readonly upper: { readonly value: Value; readonly inclusive: boolean } | null;
}

export async function* runIndexScan(node: IndexScanNode, context: ExecContext): OperatorRun {
  const bounds = await bindBounds(node, context);
  if (bounds === undefined) return;
  const frozen = frozenIndexScan(node, bounds, context);
  if (frozen !== undefined) {
    yield* filtered(frozen, node.filter, context);
    return;
  }
  const { index, attnums, descending } = node;
  const request = { index, attnums, descending, ...bounds };
  yield* filtered(context.transaction.scanIndex(node.table, request), node.filter, context);
}

/** undefined where a NULL among the bounds says that nothing can match. */
async function bindBounds(
  node: IndexScanNode,
  context: ExecContext,
): Promise<IndexBounds | undefined> {
  const equals: Value[] = [];
  for (const expr of node.equals) equals.push(await bindValue(expr, context));
  const lower = await bindBound(node.lower, context);
  const upper = await bindBound(node.upper, context);
  if (equals.includes(null) || lower?.value === null || upper?.value === null) return undefined;
  return { equals, lower, upper };
}

async function bindBound(
  bound: IndexScanNode['lower'],
  context: ExecContext,
): Promise<IndexBounds['lower']> {
  if (bound === null) return null;
  return { value: await bindValue(bound.value, context), inclusive: bound.inclusive };
}
