/**
 * Calls with effects that one row's expressions see of each other: two nextval of a sequence, or nextval
 * and currval. A column at a time they would see the effects of later rows, so a row has to be whole
 * before the next one begins.
 */
import type { CallExpr, Expr } from '../../plan/expr.ts';
import { childExprs } from './walk.ts';

/** What a call reads or changes. Calls with nothing in common may run in any order. */
type State = string;

const NONE: readonly State[] = [];
/** Volatile, and yet no call is told of another. */
const ALONE: ReadonlySet<string> = new Set([
  'clock_timestamp',
  'timeofday',
  'gen_random_uuid',
  'statement_timestamp',
]);
const OF_ONE_SEQUENCE: ReadonlySet<string> = new Set(['nextval', 'currval', 'setval']);
const EVERY_SEQUENCE = 'sequence *';
const SETTINGS = 'settings';
/** Reading them twice is nothing that changes them. */
const SETTINGS_READ = 'settings read';

const STATES = new WeakMap<Expr, readonly State[]>();

/** The states of all calls in the expression, once for each call. */
export function statesOf(expr: Expr): readonly State[] {
  if (expr.kind === 'column' || expr.kind === 'constant') return NONE;
  let states = STATES.get(expr);
  if (states === undefined) {
    const own = expr.kind === 'call' ? stateOf(expr) : undefined;
    const all = own === undefined ? [] : [own];
    for (const child of childExprs(expr)) for (const state of statesOf(child)) all.push(state);
    states = all.length === 0 ? NONE : all;
    STATES.set(expr, states);
  }
  return states;
}

function stateOf({ fn, args }: CallExpr): State | undefined {
  if (fn.name === 'current_setting') return SETTINGS_READ;
  if (fn.name === 'set_config') return SETTINGS;
  if (fn.volatility !== 'volatile' || ALONE.has(fn.name)) return undefined;
  if (fn.name === 'lastval') return EVERY_SEQUENCE;
  if (fn.name === 'random' || fn.name === 'setseed') return 'random';
  if (!OF_ONE_SEQUENCE.has(fn.name)) return 'other';
  const [sequence] = args;
  return sequence.kind === 'constant' ? `sequence ${String(sequence.value)}` : EVERY_SEQUENCE;
}

/** Positions of the expressions to compute row by row, ascending; empty where there are none. */
export function rowwise(exprs: readonly Expr[]): readonly number[] {
  const counts = new Map<State, number>();
  for (const expr of exprs) {
    for (const state of statesOf(expr)) counts.set(state, (counts.get(state) ?? 0) + 1);
  }
  if (counts.size === 0) return [];
  const isShared = (state: State): boolean =>
    ((counts.get(state) ?? 0) > 1 && state !== SETTINGS_READ) ||
    [...counts.keys()].some((other) => other !== state && haveInCommon(state, other));
  return exprs.flatMap((expr, i) => (statesOf(expr).some(isShared) ? [i] : []));
}

function haveInCommon(one: State, other: State): boolean {
  const isSequence = one.startsWith('sequence ') && other.startsWith('sequence ');
  if (isSequence) return one === EVERY_SEQUENCE || other === EVERY_SEQUENCE;
  return one.startsWith(SETTINGS) && other.startsWith(SETTINGS);
}
