/**
 * How many rows an operator takes at a time. A row of a kernel takes nanoseconds, one of md5() or a regular
 * expression microseconds, one of megabytes milliseconds, and twenty times as many before V8 has compiled the
 * code: a first piece is small, in rows and in what they weigh, and what it took says how large the next one may be.
 */
import type { Clock } from '../base/env.ts';
import type { Expr } from '../plan/expr.ts';
import type { Batch } from '../vector/vector.ts';
import { LARGE_SIZE } from './expr/evaluator.ts';
import { someExpr, usedColumns } from './expr/walk.ts';
import { endWithin } from './expr/weights.ts';

const FIRST_ROWS = 128;
/** What the first piece's rows weigh at most, in characters about, if there are more than one. */
const FIRST_WEIGHT = 16 * 1024;
const MOST_WEIGHT = 16 * 1024 * 1024;
/** Milliseconds that a piece should take. */
const PIECE_MS = 2;
/** Rows of the smallest pieces of a large expression. */
const LARGE_ROWS = 64;
/** By how much pieces grow, or shrink, from one to the next: a pause may be in one's time. */
const STEP = 4;

export interface Pace {
  /** Rows of the next piece, where they are light. */
  readonly rows: number;
  /** Where the batch's next piece ends, of which rows before `start` are done. */
  endOf(batch: Batch, start: number): number;
  begin(): void;
  /** What began is done for so many rows. */
  end(rows: number): void;
}

/** Between which numbers of rows pieces are, where the rows are light. */
interface PieceRows {
  readonly most: number;
  readonly least: number;
}

class MeasuredPace implements Pace {
  rows: number;
  readonly #most: number;
  readonly #least: number;
  readonly #clock: Clock;
  /** Columns that are computed with. */
  readonly #columns: readonly number[];
  #weight = FIRST_WEIGHT;
  /** Whether the piece would have more rows if they were lighter. */
  #isHeavy = false;
  #start = 0;

  constructor(clock: Clock, { most, least }: PieceRows, columns: readonly number[]) {
    this.#clock = clock;
    this.#most = most;
    this.#least = least;
    this.#columns = columns;
    this.rows = Math.min(FIRST_ROWS, most);
  }

  endOf(batch: Batch, start: number): number {
    const end = Math.min(start + this.rows, batch.length);
    const within = endWithin(batch, this.#columns, start, end, this.#weight);
    this.#isHeavy = within < end;
    return within;
  }

  begin(): void {
    this.#start = this.#clock.monotonicMs();
  }

  end(rows: number): void {
    const ms = this.#clock.monotonicMs() - this.#start;
    const ideal = Math.floor((rows * PIECE_MS) / ms);
    if (ms > PIECE_MS) {
      const least = Math.max(this.#least, Math.floor(rows / STEP));
      this.rows = Math.min(this.rows, Math.max(ideal, least));
      this.#weight = Math.max(FIRST_WEIGHT, this.#weight / STEP);
    } else if (this.#isHeavy) this.#weight = Math.min(MOST_WEIGHT, this.#weight * STEP);
    // What a few rows took says little of many.
    else if (rows >= this.rows / 2) this.rows = Math.min(ideal, this.rows * STEP, this.#most);
  }
}

/** Terms of AND, OR and IN above which an expression is dear. */
const TERMS_MAX = 16;

/** Whether values are computed one by one, or by very many steps. */
export function isDear(expr: Expr): boolean {
  return someExpr(expr, (each) => {
    switch (each.kind) {
      case 'call':
        return each.fn.kernel === undefined;
      case 'and':
      case 'or':
        return each.args.length > TERMS_MAX;
      case 'case':
        return each.branches.length > TERMS_MAX;
      case 'cast':
        return each.convert !== false;
      case 'array':
      case 'row':
      case 'array-op':
      case 'subscript':
      case 'field':
      case 'subplan':
        return true;
      default:
        return false;
    }
  });
}

function isLarge(expr: Expr): boolean {
  let size = 0;
  return someExpr(expr, () => ++size >= LARGE_SIZE);
}

/** Always so many rows. */
export function steadyPace(rows: number): Pace {
  return {
    rows,
    endOf: (batch, start) => Math.min(start + rows, batch.length),
    begin: () => {},
    end: () => {},
  };
}

/** The pace for expressions, of at most `most` rows: these at once where each row is cheap. */
export function paceOf(exprs: readonly Expr[], most: number, clock: Clock): Pace {
  if (!exprs.some(isDear)) return steadyPace(most);
  // A large expression has steps inside, and takes as long for a row as for a few.
  const least = exprs.some(isLarge) ? Math.min(LARGE_ROWS, most) : 1;
  return new MeasuredPace(clock, { most, least }, usedColumns(exprs));
}
