/**
 * How many rows an operator takes at a time. A row of a kernel takes nanoseconds, one of md5() or a regular
 * expression microseconds, and twenty times as many before V8 has compiled the code: a first piece is small,
 * and what it took says how large the next one may be.
 */
import type { Clock } from '../base/env.ts';
import type { Expr } from '../plan/expr.ts';
import { someExpr } from './expr/walk.ts';

const FIRST_ROWS = 128;
const MIN_ROWS = 32;
/** Milliseconds that a piece should take. */
const PIECE_MS = 2;
/** By how much pieces grow, or shrink, from one to the next: a pause may be in one's time. */
const STEP = 4;

export interface Pace {
  /** Rows of the next piece. */
  readonly rows: number;
  begin(): void;
  /** What began is done for so many rows. */
  end(rows: number): void;
}

class MeasuredPace implements Pace {
  rows: number;
  readonly #most: number;
  readonly #clock: Clock;
  #start = 0;

  constructor(clock: Clock, most: number) {
    this.#clock = clock;
    this.#most = most;
    this.rows = Math.min(FIRST_ROWS, most);
  }

  begin(): void {
    this.#start = this.#clock.monotonicMs();
  }

  end(rows: number): void {
    const ms = this.#clock.monotonicMs() - this.#start;
    const ideal = Math.floor((rows * PIECE_MS) / ms);
    if (ms > PIECE_MS)
      this.rows = Math.max(MIN_ROWS, Math.min(this.rows, Math.max(ideal, Math.floor(rows / STEP))));
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

/** Always so many rows. */
export function steadyPace(rows: number): Pace {
  return { rows, begin: () => {}, end: () => {} };
}

/** The pace for expressions, of at most `most` rows: these at once where each row is cheap. */
export function paceOf(exprs: readonly Expr[], most: number, clock: Clock): Pace {
  return exprs.some(isDear) ? new MeasuredPace(clock, most) : steadyPace(most);
}
