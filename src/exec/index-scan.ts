/** Looks rows up through an index, in its order. */
import { ByteWriter } from '../base/byte-writer.ts';
import { compareBytes } from '../base/bytes.ts';
import type { IndexList, IndexScanNode } from '../plan/physical.ts';
import { encodeKey } from '../types/key-encoding.ts';
import type { PgArray } from '../types/pg-array.ts';
import type { Value } from '../types/value.ts';
import type { Batch } from '../vector/vector.ts';
import { bindValue } from './bind-scan.ts';
import { filtered } from './filter.ts';
import { frozenIndexScan } from './frozen-scan.ts';
import type { ExecContext, OperatorRun } from './operator.ts';

/** Values of a list that are looked up one by one. */
const LOOKUPS_MAX = 1_024;

/** Key values of one lookup. */
export interface IndexBounds {
  readonly equals: readonly Value[];
  readonly lower: { readonly value: Value; readonly inclusive: boolean } | null;
  readonly upper: { readonly value: Value; readonly inclusive: boolean } | null;
}

export async function* runIndexScan(node: IndexScanNode, context: ExecContext): OperatorRun {
  const bounds = await bindBounds(node, context);
  if (bounds === undefined) return;
  const values = node.anyOf === null ? undefined : await listed(node.anyOf, context);
  // The filter has the list, too: where it is long, the rows of all values are read.
  const found =
    values === undefined || values.length > LOOKUPS_MAX
      ? lookup(node, bounds, context)
      : lookups(node, bounds, differentValues(node, values), context);
  yield* filtered(found, node.filter, context);
}

function lookup(
  node: IndexScanNode,
  bounds: IndexBounds,
  context: ExecContext,
): AsyncIterable<Batch> {
  const frozen = frozenIndexScan(node, bounds, context);
  if (frozen !== undefined) return frozen;
  const { index, attnums, descending } = node;
  return context.transaction.scanIndex(node.table, { index, attnums, descending, ...bounds });
}

async function* lookups(
  node: IndexScanNode,
  bounds: IndexBounds,
  values: readonly Value[],
  context: ExecContext,
): AsyncGenerator<Batch> {
  for (const value of values) {
    const pause = context.checkpoint();
    if (pause !== undefined) await pause;
    yield* lookup(node, { ...bounds, equals: [...bounds.equals, value] }, context);
  }
}

async function listed(list: IndexList, context: ExecContext): Promise<readonly Value[]> {
  if ('array' in list) {
    const array = (await bindValue(list.array, context)) as PgArray | null;
    return array === null ? [] : Array.from(array.values);
  }
  const values: Value[] = [];
  for (const expr of list.values) values.push(await bindValue(expr, context));
  return values;
}

/** The values of a list without NULL, each once, in the order of the index. */
function differentValues(
  { index, table, equals, descending }: IndexScanNode,
  values: readonly Value[],
): Value[] {
  const key = index.keys[equals.length];
  const { oid } = table.columns[key.column - 1].type;
  const byKey: { readonly key: Uint8Array; readonly value: Value }[] = [];
  const writer = new ByteWriter();
  for (const value of values) {
    if (value === null) continue;
    writer.reset();
    encodeKey(writer, oid, value, key.descending, key.nullsFirst);
    byKey.push({ key: writer.toBytes(), value });
  }
  byKey.sort((a, b) => compareBytes(a.key, b.key) * (descending ? -1 : 1));
  return byKey
    .filter((one, i) => i === 0 || compareBytes(one.key, byKey[i - 1].key) !== 0)
    .map(({ value }) => value);
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
