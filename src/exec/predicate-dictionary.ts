/** Conditions on a single text column: decided once for each dictionary entry that rows refer to. */
import type { Expr } from '../plan/expr.ts';
import { nullVector } from '../vector/builder.ts';
import type { TextVector } from '../vector/vector.ts';
import { EntryTables } from './expr/entry-results.ts';
import { truthAt } from './expr/evaluator.ts';
import { areHeavy } from './expr/weights.ts';
import { isAsync, isVolatile, mayRaise, someExpr } from './expr/walk.ts';
import { evaluatorOf } from './expression.ts';
import type { ExecContext } from './operator.ts';
import type { FastConjunct } from './predicate.ts';

interface TruthTable {
  /** By code: 0 false or unknown, 1 true, 2 not computed yet. */
  truths: Uint8Array;
  /** Codes before it were taken ahead of the rows that use them. */
  next: number;
}

type TruthTables = EntryTables<TruthTable>;

const UNDECIDED = 2;

export function dictionaryConjunct(expr: Expr, used: readonly number[]): FastConjunct | undefined {
  if (used.length !== 1 || isAsync(expr) || isVolatile(expr)) return undefined;
  const [column] = used;
  // Kept per statement, because parameters differ; not at all where lateral parameters may change.
  const keeps = !someExpr(expr, (each) => each.kind === 'exec-param');
  const decidesAhead = keeps && !mayRaise(expr);
  const kept = new WeakMap<ExecContext, TruthTables>();
  return (batch, rows, context) => {
    const vector = batch.columns[column];
    if (vector.rep !== 'text') return false;
    const total = rows === undefined ? batch.length : rows.length;
    if (!keeps && vector.dictionary.length > 4 * total + 64) return false;
    let tables = keeps ? kept.get(context) : undefined;
    if (tables === undefined) {
      tables = new EntryTables();
      if (keeps) kept.set(context, tables);
    }
    const known = tables.tableFor(vector, total, newTable);
    if (known === undefined) return false;
    grow(known, vector.dictionary.length);
    const table = known.truths;
    const ofNull = vector.nulls === undefined ? 0 : truthOfNull(expr, column, vector, context);
    const pick: Pick = { vector, rows, total, table, ofNull, selected: new Int32Array(total) };
    let [at, count] = pickFrom(pick, 0, 0);
    while (at < total) {
      const codes = takeUndecided(pick, at);
      const all = decidesAhead ? withNext(codes, known) : codes;
      if (!decide(expr, column, pick, all, context)) return false;
      [at, count] = pickFrom(pick, at, count);
    }
    return count === total ? rows : pick.selected.subarray(0, count);
  };
}

interface Pick {
  readonly vector: TextVector;
  readonly rows: Int32Array | undefined;
  readonly total: number;
  readonly table: Uint8Array;
  /** What the condition is of NULL. */
  readonly ofNull: number;
  readonly selected: Int32Array;
}

/** Selects from the rows from `at` on, up to one whose entry is not decided; the place, and how many there are. */
function pickFrom(pick: Pick, at: number, count: number): readonly [number, number] {
  const { vector, rows, total, table, ofNull, selected } = pick;
  const { codes, nulls } = vector;
  if (rows === undefined && nulls === undefined) {
    for (; at < total; at++) {
      const truth = table[codes[at]];
      if (truth === UNDECIDED) break;
      selected[count] = at;
      count += truth;
    }
    return [at, count];
  }
  for (; at < total; at++) {
    const row = rows === undefined ? at : rows[at];
    const truth = nulls !== undefined && nulls[row] === 1 ? ofNull : table[codes[row]];
    if (truth === UNDECIDED) break;
    selected[count] = row;
    count += truth;
  }
  return [at, count];
}

function newTable(): TruthTable {
  return { truths: new Uint8Array(0), next: 0 };
}

/** What was decided before the dictionary had as many entries stays. */
function grow(table: TruthTable, entries: number): void {
  if (table.truths.length >= entries) return;
  const truths = new Uint8Array(entries).fill(UNDECIDED);
  truths.set(table.truths);
  table.truths = truths;
}

/** The codes of rows from `at` on that are not decided, each once: they count as decided from now on. */
function takeUndecided({ vector, rows, total, table }: Pick, at: number): Int32Array {
  const { codes, nulls } = vector;
  const taken = new Int32Array(total - at);
  let count = 0;
  for (let i = at; i < total; i++) {
    const row = rows === undefined ? i : rows[i];
    const code = codes[row];
    if (table[code] !== UNDECIDED || (nulls !== undefined && nulls[row] === 1)) continue;
    table[code] = 0;
    taken[count++] = code;
  }
  return taken.subarray(0, count);
}

/** As many others ahead of their rows: batches to come need not be looked through for what is not decided. */
function withNext(codes: Int32Array, known: TruthTable): Int32Array {
  const { truths } = known;
  const all = new Int32Array(2 * codes.length);
  all.set(codes);
  let count = codes.length;
  let code = known.next;
  for (; code < truths.length && count < all.length; code++) {
    if (truths[code] !== UNDECIDED) continue;
    truths[code] = 0;
    all[count++] = code;
  }
  known.next = code;
  return all.subarray(0, count);
}

/** Fills in the truth of these codes; false where they are to be computed in steps instead. */
function decide(
  expr: Expr,
  column: number,
  { vector, table }: Pick,
  codes: Int32Array,
  context: ExecContext,
): boolean {
  if (codes.length === 0) return true;
  const { type, dictionary } = vector;
  const entries: TextVector = {
    rep: 'text',
    type,
    length: codes.length,
    codes,
    dictionary,
    nulls: undefined,
  };
  const columns = [];
  columns[column] = entries;
  const { now, isLong } = evaluatorOf(expr);
  if (isLong && areHeavy([entries], codes.length)) {
    for (const code of codes) table[code] = UNDECIDED;
    return false;
  }
  try {
    const truth = now!({ columns, length: codes.length }, context);
    for (let i = 0; i < codes.length; i++) table[codes[i]] = truthAt(truth, i) === 1 ? 1 : 0;
    return true;
  } catch (error) {
    for (const code of codes) table[code] = UNDECIDED;
    throw error;
  }
}

function truthOfNull(expr: Expr, column: number, vector: TextVector, context: ExecContext): number {
  const columns = [];
  columns[column] = nullVector(vector.type, 1);
  return truthAt(evaluatorOf(expr).now!({ columns, length: 1 }, context), 0) === 1 ? 1 : 0;
}
