/**
 * IN lists, and `= ANY` over arrays that stay the same: the items go into a hash set once per statement.
 * Lists with other items are compared one by one, from left to right.
 */
import { finishNow } from '../../base/steps.ts';
import type { CallInfo, KernelArg, ScalarFunction } from '../../functions/function.ts';
import type { ArrayOpExpr, Expr, InListExpr } from '../../plan/expr.ts';
import { hashKey, isHashable, type HashKey } from '../../types/hash.ts';
import { PgArray } from '../../types/pg-array.ts';
import { OID, type SqlType } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import { NumberSet } from '../../vector/number-set.ts';
import { isNullAt, type Batch } from '../../vector/vector.ts';
import { inTurns, type ExecContext } from '../operator.ts';
import { applyFunction } from './call.ts';
import {
  argValue,
  boolVector,
  combine,
  conditional,
  constantArg,
  runSteps,
  truthAt,
  type Compile,
  type Evaluator,
  type Steps,
} from './evaluator.ts';
import { childExprs, mayRaise } from './walk.ts';
import { areHeavy } from './weights.ts';
import { fixedValue, isFixed } from './fixed-value.ts';

const BOOL: SqlType = { oid: OID.bool, typmod: -1 };

/** Values of other types that get into a set in one step. */
const STEP_VALUES = 8_192;
/** From so many on, a set of numbers of their own kind is worth it. */
const NUMBERS_MIN = 256;

/** The distinct non-NULL values of a list of one type. */
export class MemberSet {
  readonly size: number;
  hasNull = false;
  readonly #oid: number;
  readonly #keys = new Set<HashKey>();
  /** Instead of keys where the values are many and numbers. */
  numbers: NumberSet | undefined;

  private constructor(oid: number, size: number) {
    this.#oid = oid;
    this.size = size;
  }

  static of(oid: number, values: readonly Value[]): MemberSet {
    return finishNow(MemberSet.build(oid, values));
  }

  /** In steps of some milliseconds at most. */
  static *build(oid: number, values: readonly Value[]): Generator<void, MemberSet, void> {
    const set = new MemberSet(oid, values.length);
    if (values.length >= NUMBERS_MIN && values.every((value) => typeof value === 'number')) {
      set.numbers = yield* NumberSet.build(values as readonly number[]);
      return set;
    }
    for (let i = 0; i < values.length; i++) {
      if (i % STEP_VALUES === STEP_VALUES - 1) yield;
      const value = values[i];
      if (value === null) set.hasNull = true;
      else set.#keys.add(hashKey(oid, value));
    }
    return set;
  }

  /** Truth (2 for unknown) of `value IN (set)`. */
  truth(value: Value): 0 | 1 | 2 {
    if (this.size === 0) return 0;
    if (value === null) return 2;
    if (this.numbers !== undefined) {
      return typeof value === 'number' && this.numbers.has(value) ? 1 : 0;
    }
    if (this.#keys.has(hashKey(this.#oid, value))) return 1;
    return this.hasNull ? 2 : 0;
  }
}

/** `arg [NOT] IN (set)` for every row. */
export function setTruth(
  type: SqlType,
  arg: KernelArg,
  set: MemberSet,
  negated: boolean,
  length: number,
): KernelArg {
  const flip = (truth: 0 | 1 | 2): 0 | 1 | 2 =>
    truth === 2 || !negated ? truth : truth === 1 ? 0 : 1;
  if (arg.rep === 'constant') {
    const truth = flip(set.truth(arg.value));
    return constantArg(type, truth === 2 ? null : truth === 1);
  }
  const out = new Uint8Array(length);
  if (arg.rep === 'text' && arg.dictionary.length <= length) {
    const ofNull = flip(set.truth(null));
    const { codes } = arg;
    const byCode = new Uint8Array(arg.dictionary.length).fill(3);
    for (let i = 0; i < length; i++) {
      if (isNullAt(arg, i)) {
        out[i] = ofNull;
        continue;
      }
      const code = codes[i];
      if (byCode[code] === 3) byCode[code] = flip(set.truth(arg.dictionary.at(code)));
      out[i] = byCode[code];
    }
  } else if (arg.rep === 'f64' && arg.nulls === undefined && set.numbers !== undefined) {
    const { numbers } = set;
    const { data } = arg;
    for (let i = 0; i < length; i++) out[i] = numbers.has(data[i]) === negated ? 0 : 1;
  } else {
    for (let i = 0; i < length; i++) out[i] = flip(set.truth(argValue(arg, i)));
  }
  return boolVector(type, out);
}

/** Set membership stands for `=` only where both sides are of one type that can be hashed. */
export function hashableEquality(call: CallInfo): number | undefined {
  const [left, right] = call.argTypes;
  return left.oid === right.oid && isHashable(left.oid) ? left.oid : undefined;
}

export function compileInList(expr: InListExpr, compile: Compile): Evaluator {
  const oid = hashableEquality(expr.call);
  if (oid !== undefined && expr.items.length > 1 && expr.items.every(isFixed)) {
    const sets = new WeakMap<ExecContext, MemberSet>();
    return combine(expr.type, [compile(expr.arg)], ([arg], length, context) => {
      let set = sets.get(context);
      if (set === undefined) {
        set = MemberSet.of(
          oid,
          expr.items.map((item) => fixedValue(item, context)),
        );
        sets.set(context, set);
      }
      return setTruth(expr.type, arg, set, expr.negated, length);
    });
  }
  return compileComparisons(expr, compile);
}

function compileComparisons(expr: InListExpr, compile: Compile): Evaluator {
  const arg = compile(expr.arg);
  const items = expr.items.map(compile);
  const guarded = expr.items.some(mayRaise);
  function* steps(batch: Batch, context: ExecContext): Steps {
    const { length } = batch;
    const left = yield* runSteps(arg, batch, context);
    const truth = new Uint8Array(length);
    let open = length;
    for (const item of items) {
      // With an item that may fail, a batch whose rows are all decided must not reach it.
      if (guarded && open === 0) break;
      const right = yield* runSteps(item, batch, context);
      const equal = applyFunction(expr.equality, expr.call, BOOL, [left, right], length, context);
      open = 0;
      for (let i = 0; i < length; i++) {
        if (truth[i] !== 1) {
          const one = truthAt(equal, i);
          if (one !== 0) truth[i] = one;
          if (one !== 1) open++;
        }
      }
    }
    if (expr.negated) for (let i = 0; i < length; i++) if (truth[i] !== 2) truth[i] = 1 - truth[i];
    return boolVector(expr.type, truth);
  }
  return conditional(expr.type, [arg, ...items], steps);
}

const SETS = new WeakMap<PgArray, MemberSet>();

function setOf(array: PgArray): MemberSet {
  let set = SETS.get(array);
  if (set === undefined) SETS.set(array, (set = MemberSet.of(array.elementType, array.values)));
  return set;
}

/** Makes the sets of a condition's long lists before its first row asks for them, in turns. */
export async function prepareSets(condition: Expr, context: ExecContext): Promise<void> {
  const lists: PgArray[] = [];
  walkLists(condition, lists);
  for (const list of lists) {
    const set = await inTurns(MemberSet.build(list.elementType, list.values), context);
    SETS.set(list, set);
  }
}

function walkLists(expr: Expr, into: PgArray[]): void {
  if (expr.kind === 'array-op' && expr.array.kind === 'constant') {
    const { value } = expr.array;
    const isLong = value instanceof PgArray && value.values.length > STEP_VALUES;
    if (isLong && isHashable(value.elementType) && !SETS.has(value)) into.push(value);
  }
  for (const child of childExprs(expr)) walkLists(child, into);
}

export function compileArrayOp(expr: ArrayOpExpr, compile: Compile): Evaluator {
  const oid = hashableEquality({
    ...expr.call,
    argTypes:
      expr.call.argTypes.length === 2 ? expr.call.argTypes : [expr.left.type, expr.left.type],
  });
  const negated = expr.operator === '<>' && expr.quantifier === 'all';
  const asSet =
    oid !== undefined && (negated || (expr.operator === '=' && expr.quantifier === 'any'));
  return combine(
    expr.type,
    [compile(expr.left), compile(expr.array)],
    ([left, array], length, context) => {
      if (array.rep === 'constant') {
        const { value } = array;
        if (value === null) return constantArg(expr.type, null);
        if (asSet && value instanceof PgArray && value.elementType === oid) {
          return setTruth(expr.type, left, setOf(value), negated, length);
        }
        if (left.rep === 'constant') {
          const truth = quantify(expr.fn, expr, left.value, value, context);
          return constantArg(expr.type, truth === 2 ? null : truth === 1);
        }
      }
      const truth = new Uint8Array(length);
      for (let i = 0; i < length; i++) {
        truth[i] = quantify(expr.fn, expr, argValue(left, i), argValue(array, i), context);
      }
      return boolVector(expr.type, truth);
    },
    ([left, array], length, context) => {
      const isSet = asSet && array.rep === 'constant';
      if (isSet || !areHeavy([array], length)) return undefined;
      return quantifySteps(expr, left, array, length, context);
    },
  );
}

/** Elements compared in one step. */
const STEP_ELEMENTS = 1024;

/** The same for arrays that are long. */
function* quantifySteps(
  expr: ArrayOpExpr,
  left: KernelArg,
  array: KernelArg,
  length: number,
  context: ExecContext,
): Steps {
  const truth = new Uint8Array(length);
  const decided = expr.quantifier === 'any' ? 1 : 0;
  for (let row = 0; row < length; row++) {
    const value = argValue(array, row);
    if (!(value instanceof PgArray)) {
      truth[row] = 2;
      continue;
    }
    const { elementType, values } = value;
    let result: 0 | 1 | 2 = decided === 1 ? 0 : 1;
    for (let start = 0; start < values.length && result !== decided; start += STEP_ELEMENTS) {
      const some = new PgArray(elementType, values.slice(start, start + STEP_ELEMENTS));
      const one = quantify(expr.fn, expr, argValue(left, row), some, context);
      if (one === decided || one === 2) result = one;
      yield;
    }
    truth[row] = result;
  }
  return boolVector(expr.type, truth);
}

/** `left op ANY (array)` or ALL for one row. */
function quantify(
  fn: ScalarFunction,
  expr: ArrayOpExpr,
  left: Value,
  array: Value,
  context: ExecContext,
): 0 | 1 | 2 {
  if (!(array instanceof PgArray)) return 2;
  const decided = expr.quantifier === 'any';
  let result: 0 | 1 | 2 = decided ? 0 : 1;
  if (array.values.length > 0 && left === null && fn.strict) return 2;
  for (const element of array.values) {
    const one =
      fn.strict && element === null ? null : fn.evaluate([left, element], context.eval, expr.call);
    if (one === decided) return decided ? 1 : 0;
    if (one === null) result = 2;
  }
  return result;
}
