/**
 * Conditions as row selections. The conjuncts of an AND narrow the selection one after the other: first, all
 * at once, those over columns of numbers that are lanes; a comparison of a number column with a constant,
 * and any condition on one text column, do so without an intermediate vector. Whether rows raise an error
 * does not depend on what is on lanes: none goes before one that may raise and was written before it.
 */
import type { Expr } from '../plan/expr.ts';
import type { Batch } from '../vector/vector.ts';
import { drive, driveOn, runSteps, truthAt, type Steps } from './expr/evaluator.ts';
import { narrow } from './expr/narrow.ts';
import { isAsync, mayRaise, usedColumns } from './expr/walk.ts';
import { evaluatorOf } from './expression.ts';
import { isLaneCondition, LaneCondition } from './lanes/lane-condition.ts';
import type { ExecContext } from './operator.ts';
import { columnComparison, compareConjunct } from './predicate-compare.ts';
import { codeConjunct } from './predicate-code.ts';
import { dictionaryConjunct } from './predicate-dictionary.ts';

/** Positions in ascending order, or undefined for all rows. */
export type Selection = Int32Array | undefined;

/**
 * Narrows a selection at once. Answers false where the batch's representation is not the one that it
 * was made for; the conjunct is then evaluated in full.
 */
export type FastConjunct = (
  batch: Batch,
  rows: Selection,
  context: ExecContext,
) => Selection | false;

export interface CompiledPredicate {
  readonly isAsync: boolean;
  /** Whether all of it compares columns with values: some nanoseconds a row. */
  readonly isCheap: boolean;
  /** Rows where the condition is true, without waiting for anything; undefined for all. */
  select(batch: Batch, context: ExecContext): Selection;
  /** The same for who may wait; at once where there is nothing to wait for. */
  run(batch: Batch, context: ExecContext): Selection | Promise<Selection>;
}

interface Conjunct {
  readonly expr: Expr;
  readonly raises: boolean;
  readonly onLanes: boolean;
  readonly fast: FastConjunct | undefined;
  full(batch: Batch, rows: Selection, context: ExecContext): Steps<Selection>;
}

const PREDICATES = new WeakMap<Expr, CompiledPredicate>();

export function compilePredicate(expr: Expr): CompiledPredicate {
  let predicate = PREDICATES.get(expr);
  if (predicate === undefined) {
    predicate = compile(expr);
    PREDICATES.set(expr, predicate);
  }
  return predicate;
}

function compile(expr: Expr): CompiledPredicate {
  const parts = conjunctsOf(expr);
  const all = inOrder(parts.map(compileConjunct));
  const end = all.findIndex(({ onLanes, raises }) => !onLanes && raises);
  const onLanes = all.slice(0, end < 0 ? all.length : end).filter((each) => each.onLanes);
  const lanes =
    onLanes.length === 0 ? undefined : new LaneCondition(onLanes.map(({ expr: part }) => part));
  /** What conditions on lanes leave, by the numbers of those that are to be evaluated, too. */
  const remainders = new Map<string, readonly Conjunct[]>();
  const remainder = (left: readonly number[]): readonly Conjunct[] => {
    const key = left.join();
    let found = remainders.get(key);
    if (found === undefined) {
      const done = onLanes.filter((_, i) => !left.includes(i));
      found = all.filter((each) => !done.includes(each));
      remainders.set(key, found);
    }
    return found;
  };
  function* steps(batch: Batch, context: ExecContext): Steps<Selection> {
    const selected = lanes === undefined ? false : lanes.select(batch, context);
    let rows: Selection = selected === false ? undefined : selected.rows;
    for (const { fast, full } of selected === false ? all : remainder(selected.left)) {
      if (rows?.length === 0 || batch.length === 0) return rows;
      const narrowed = fast === undefined ? false : fast(batch, rows, context);
      rows = narrowed === false ? yield* full(batch, rows, context) : narrowed;
    }
    return rows;
  }
  return {
    isAsync: isAsync(expr),
    isCheap: parts.every(
      (part) => columnComparison(part) !== undefined || codeConjunct(part) !== undefined,
    ),
    select: (batch, context) => drive(steps(batch, context)),
    run: (batch, context) => driveOn(steps(batch, context), context),
  };
}

/** Cheap conjuncts that cannot fail go first, whatever the order they were written in; those on lanes after them. */
function inOrder(conjuncts: readonly Conjunct[]): Conjunct[] {
  const rank = ({ raises, fast, onLanes }: Conjunct): number => {
    if (raises) return 2;
    if (fast !== undefined) return 0;
    return onLanes ? 1 : 2;
  };
  return conjuncts.toSorted((a, b) => rank(a) - rank(b));
}

/** The parts of a condition that must all be true. */
export function conjunctsOf(expr: Expr): readonly Expr[] {
  return expr.kind === 'and' ? expr.args.flatMap(conjunctsOf) : [expr];
}

/** Conditions on one text column: by codes where the text that it is compared with has one, else by entries. */
function textConjunct(expr: Expr, used: readonly number[]): FastConjunct | undefined {
  const byCode = codeConjunct(expr);
  const byEntry = dictionaryConjunct(expr, used);
  if (byCode === undefined || byEntry === undefined) return byEntry;
  return (batch, rows, context) => {
    const selected = byCode(batch, rows, context);
    return selected === false ? byEntry(batch, rows, context) : selected;
  };
}

function compileConjunct(expr: Expr): Conjunct {
  const evaluator = evaluatorOf(expr);
  const used = usedColumns([expr]);
  const fast = compareConjunct(expr) ?? textConjunct(expr, used);
  return {
    expr,
    // What a column is compared with is computed once: storage skips rows by it, too.
    raises: mayRaise(expr) && columnComparison(expr) === undefined,
    onLanes: isLaneCondition(expr),
    fast,
    *full(batch, rows, context) {
      const input = rows === undefined ? batch : narrow(batch, rows, used);
      const truth = yield* runSteps(evaluator, input, context);
      if (truth.rep === 'constant') return truth.value === true ? rows : new Int32Array(0);
      const kept = new Int32Array(input.length);
      let count = 0;
      if (truth.rep === 'bool') {
        const { data, nulls } = truth;
        for (let i = 0; i < input.length; i++) {
          if (data[i] === 1 && (nulls === undefined || nulls[i] === 0)) kept[count++] = i;
        }
      } else {
        for (let i = 0; i < input.length; i++) if (truthAt(truth, i) === 1) kept[count++] = i;
      }
      if (count === input.length) return rows;
      if (rows !== undefined) for (let i = 0; i < count; i++) kept[i] = rows[kept[i]];
      return kept.subarray(0, count);
    },
  };
}
