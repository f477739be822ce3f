/** Equi-joins: a hash table over the right side, probed by the left. */
import type { HashJoinNode } from '../plan/physical.ts';
import { nullVector } from '../vector/builder.ts';
import { gatherBatch, slice } from '../vector/gather.ts';
import type { Batch, Vector } from '../vector/vector.ts';
import { execute } from './build.ts';
import { compileExprs, evaluateAll } from './expression.ts';
import { flaggedRows, joinRows, padRows, PairFilter, PairList } from './join-pairs.ts';
import { assertSameKeys, KeyTable } from './key-table.ts';
import { NullAwareCheck } from './null-aware-check.ts';
import { inTurns, type ExecContext, type OperatorRun } from './operator.ts';
import { evaluateInTurns, inPieces, materialize, MemoryBudget } from './run.ts';

/** Candidate pairs that are filtered and put out together. */
const PAIRS_MAX = 8192;

/** Rows put into the hash table, or looked up in it, between two checkpoints. */
const STEP_ROWS = 4096;
/** Numbers counted or summed between two checkpoints. */
const COUNT_STEP = 131_072;

export async function* runHashJoin(node: HashJoinNode, context: ExecContext): OperatorRun {
  const { joinType } = node;
  const build = await buildSide(node, context);
  if (
    build.rows.length === 0 &&
    (joinType === 'inner' || joinType === 'semi' || joinType === 'right')
  ) {
    return;
  }
  const keepLeft = joinType === 'left' || joinType === 'full';
  const keepRight = joinType === 'right' || joinType === 'full';
  const filter = new PairFilter(node.filter);
  const leftKeys = compileExprs(node.leftKeys);
  const rightMatched = keepRight ? new Uint8Array(build.rows.length) : undefined;
  const nullAware =
    node.nullAware && joinType === 'anti' ? new NullAwareCheck(node, build) : undefined;
  for await (const batch of inPieces(execute(node.left, context), STEP_ROWS, context)) {
    if (batch.length === 0) continue;
    const keys = await evaluateAll(leftKeys, batch, context);
    const found = new Int32Array(batch.length);
    build.find(keys, batch.length, found);
    if (joinType === 'semi' || joinType === 'anti') {
      const matched = await matchedRows(node, build, batch, found, filter, context);
      await nullAware?.mark(batch, keys, matched, filter, context);
      const rows = flaggedRows(matched, batch.length, joinType === 'semi' ? 1 : 0);
      if (rows.length > 0) yield gatherBatch(batch, rows, true);
      continue;
    }
    const leftMatched = keepLeft ? new Uint8Array(batch.length) : undefined;
    for await (const pairs of candidates(build, batch, found, filter, context)) {
      if (leftMatched !== undefined) mark(leftMatched, pairs.left, pairs.length);
      if (rightMatched !== undefined) mark(rightMatched, pairs.right, pairs.length);
      if (pairs.length === 0) continue;
      const leftRows = pairs.left.subarray(0, pairs.length);
      yield joinRows(batch, leftRows, build.rows, pairs.right.subarray(0, pairs.length));
    }
    if (leftMatched !== undefined) {
      const rows = flaggedRows(leftMatched, batch.length, 0);
      if (rows.length > 0) yield padRows(batch, build.rows, 'left', rows);
    }
  }
  if (rightMatched !== undefined) yield* unmatchedRight(node, build.rows, rightMatched, context);
}

function mark(flags: Uint8Array, rows: Int32Array, count: number): void {
  for (let i = 0; i < count; i++) flags[rows[i]] = 1;
}

/** Rows of the right side that no left row matched, after NULLs for the left columns. */
export async function* unmatchedRight(
  node: Pick<HashJoinNode, 'left'>,
  right: Batch,
  matched: Uint8Array,
  context: ExecContext,
): OperatorRun {
  const rows = flaggedRows(matched, right.length, 0);
  const left: Batch = {
    columns: node.left.columns.map(({ type }): Vector => nullVector(type, 0)),
    length: 0,
  };
  for (let start = 0; start < rows.length; start += PAIRS_MAX) {
    const pause = context.checkpoint();
    if (pause !== undefined) await pause;
    yield padRows(left, right, 'right', rows.subarray(start, start + PAIRS_MAX));
  }
}

/** The right side with its hash table: key number to row numbers, in the order of the rows. */
export class BuildSide {
  readonly rows: Batch;
  readonly keys: readonly Vector[];
  readonly #table: KeyTable;
  /** Rows of key k are rowList[starts[k]] ... rowList[starts[k + 1] - 1]. */
  readonly starts: Int32Array;
  readonly rowList: Int32Array;
  /** Rows with a NULL among their keys: they match nothing. */
  readonly nullRows: Uint8Array | undefined;

  private constructor(
    rows: Batch,
    keys: readonly Vector[],
    table: KeyTable,
    nullRows: Uint8Array | undefined,
  ) {
    this.rows = rows;
    this.keys = keys;
    this.#table = table;
    this.nullRows = nullRows;
    this.starts = new Int32Array(table.count + 2);
    this.rowList = new Int32Array(rows.length);
  }

  static async create(
    rows: Batch,
    keys: readonly Vector[],
    context: ExecContext,
  ): Promise<BuildSide> {
    const { length } = rows;
    const budget = new MemoryBudget('Hash', context);
    const table = new KeyTable(keys.length);
    const numbers = new Int32Array(length);
    let nullRows: Uint8Array | undefined;
    budget.add(8 * length);
    for (let start = 0; start < length; start += STEP_ROWS) {
      const end = Math.min(start + STEP_ROWS, length);
      const before = table.bytes;
      const part = keys.map((key) => slice(key, start, end));
      table.insert(part, end - start, numbers.subarray(start, end));
      budget.add(table.bytes - before);
      if (table.nullRows !== undefined) {
        nullRows ??= new Uint8Array(length);
        nullRows.set(table.nullRows, start);
      }
      const pause = context.checkpoint();
      if (pause !== undefined) await pause;
    }
    const build = new BuildSide(rows, keys, table, nullRows);
    await inTurns(build.#listRows(numbers), context);
    return build;
  }

  /** Brings the rows of each key together. */
  *#listRows(numbers: Int32Array): Generator<void, void, void> {
    const { starts, rowList, nullRows } = this;
    const { length } = numbers;
    for (let row = 0; row < length; row++) {
      if (nullRows?.[row] !== 1) starts[numbers[row] + 2]++;
      if (row % COUNT_STEP === 0) yield;
    }
    for (let key = 2; key < starts.length; key++) {
      starts[key] += starts[key - 1];
      if (key % COUNT_STEP === 0) yield;
    }
    for (let row = 0; row < length; row++) {
      if (nullRows?.[row] !== 1) rowList[starts[numbers[row] + 1]++] = row;
      if (row % COUNT_STEP === 0) yield;
    }
  }

  /** The key number of each probing row, -1 for none. */
  find(keys: readonly Vector[], length: number, out: Int32Array): void {
    this.#table.find(keys, length, out);
    const { nullRows } = this.#table;
    if (nullRows !== undefined) {
      for (let row = 0; row < length; row++) if (nullRows[row] === 1) out[row] = -1;
    }
  }
}

async function buildSide(node: HashJoinNode, context: ExecContext): Promise<BuildSide> {
  node.leftKeys.forEach((key, i) => assertSameKeys(key.type.oid, node.rightKeys[i].type.oid));
  const rows = await materialize(node.right, context, 'Hash');
  const keys = await evaluateInTurns(node.rightKeys, rows, context);
  return BuildSide.create(rows, keys, context);
}

/** Pairs with equal keys that pass the filter, in portions. The list is reused. */
async function* candidates(
  build: BuildSide,
  batch: Batch,
  found: Int32Array,
  filter: PairFilter,
  context: ExecContext,
): AsyncGenerator<PairList, void, void> {
  const pairs = new PairList();
  const { starts, rowList, rows } = build;
  for (let row = 0; row < batch.length; row++) {
    const key = found[row];
    if (key < 0) continue;
    for (let i = starts[key]; i < starts[key + 1]; i++) {
      pairs.push(row, rowList[i]);
      if (pairs.length < PAIRS_MAX) continue;
      await filter.apply(batch, rows, pairs, context);
      yield pairs;
      pairs.clear();
      const pause = context.checkpoint();
      if (pause !== undefined) await pause;
    }
  }
  await filter.apply(batch, rows, pairs, context);
  yield pairs;
}

/** Flags of the left rows that have a partner. */
async function matchedRows(
  node: HashJoinNode,
  build: BuildSide,
  batch: Batch,
  found: Int32Array,
  filter: PairFilter,
  context: ExecContext,
): Promise<Uint8Array> {
  const matched = new Uint8Array(batch.length);
  if (node.filter === null) {
    // A key whose rows all hold a NULL has an empty list, but then it was not found either.
    for (let row = 0; row < batch.length; row++) matched[row] = found[row] >= 0 ? 1 : 0;
    return matched;
  }
  for await (const pairs of candidates(build, batch, found, filter, context)) {
    mark(matched, pairs.left, pairs.length);
  }
  return matched;
}
