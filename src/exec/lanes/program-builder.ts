/** Makes programs for batches of one shape; gives up where a number might leave its range. */
import { kernels } from '../../kernels/kernels.ts';
import type { Expr } from '../../plan/expr.ts';
import type { Batch } from '../../vector/vector.ts';
import type { ExecContext } from '../operator.ts';
import { comparedValue } from '../predicate-compare.ts';
import { ColumnValues, type ScaledValue } from './column-values.ts';
import {
  compareNumbers,
  lanesWithin,
  type NumberValue,
  type TruthValue,
} from './lane-comparisons.ts';
import { UNSCALED, type LaneOutput, type LaneProgram, type Register } from './lane-program.ts';
import { computeNumbers } from './lane-arithmetic.ts';
import type { NumberTree, TruthTree } from './lane-tree.ts';
import { REGISTER_MAX, Registers, Unfit } from './registers.ts';
import { RunTruth } from './run-truth.ts';

export interface Wanted {
  readonly condition: TruthTree | null;
  readonly outputs: readonly {
    readonly filter: TruthTree | null;
    readonly value: NumberTree | undefined;
    /** Only where the value is not NULL. */
    readonly isCounted: boolean;
    /** Sums of the values must be exact. */
    readonly isExact: boolean;
  }[];
}

/** The program for batches of the shape of this one; undefined where there is none. */
export function buildProgram(
  wanted: Wanted,
  batch: Batch,
  context: ExecContext,
): LaneProgram | undefined {
  const builder = new Builder(batch, context);
  try {
    return builder.program(wanted);
  } catch (error) {
    if (error instanceof Unfit) return undefined;
    throw error;
  }
}

class Builder {
  readonly #batch: Batch;
  readonly #context: ExecContext;
  readonly #columns: ColumnValues;
  readonly #runTruths = new Map<TruthTree, RunTruth>();
  readonly #registers = new Registers();

  constructor(batch: Batch, context: ExecContext) {
    this.#batch = batch;
    this.#context = context;
    this.#columns = new ColumnValues(this.#registers, batch);
  }

  program({ condition, outputs }: Wanted): LaneProgram {
    const holds = condition === null ? this.#registers.all : this.#truth(condition).yes;
    const made = outputs.map(({ filter, value, isCounted, isExact }): LaneOutput => {
      const rows = filter === null ? holds : this.#registers.and(holds, this.#truth(filter).yes);
      if (value === undefined || isCounted) {
        const truth = value === undefined ? rows : this.#registers.and(rows, this.#known(value));
        return { truth, value: -1, low: 0, high: 0, scale: UNSCALED };
      }
      const { register, low, high, known, scale } = this.#output(value, isExact);
      return { truth: this.#registers.and(rows, known), value: register, low, high, scale };
    });
    const read = made.flatMap(({ truth, value }) => (value < 0 ? [truth] : [truth, value]));
    return {
      columns: this.#columns.all,
      runTruths: [...this.#runTruths.values()],
      constants: this.#registers.constants(),
      steps: this.#registers.stepsFor([holds, ...read]),
      registers: this.#registers.count,
      condition: holds,
      outputs: made,
    };
  }

  /** Plain columns may be lanes that stand for other numbers than whole ones of 32 bits. */
  #output(tree: NumberTree, isExact: boolean): ScaledValue {
    if (tree.kind === 'column' && !this.#columns.fits(tree.index)) {
      return this.#columns.scaled(tree.index, isExact);
    }
    return { ...this.#number(tree), scale: UNSCALED };
  }

  /** Where a value is not NULL. */
  #known(tree: NumberTree): Register {
    if (tree.kind === 'column') return this.#columns.known(this.#columns.column(tree.index));
    return this.#number(tree).known;
  }

  #number(tree: NumberTree): NumberValue {
    switch (tree.kind) {
      case 'column':
        return this.#columns.numbers(tree.index);
      case 'fixed':
        return this.#fixed(comparedValue(tree.expr, this.#context));
      case 'arithmetic':
        return computeNumbers(
          this.#registers,
          tree,
          this.#number(tree.left),
          this.#number(tree.right),
        );
      case 'choose': {
        const { yes } = this.#truth(tree.when);
        return this.#choose(yes, this.#number(tree.taken), this.#number(tree.otherwise));
      }
      case 'coalesce': {
        const [first, ...others] = tree.args.map((arg) => this.#number(arg)).toReversed();
        return others.reduce((rest, one) => this.#choose(one.known, one, rest), first);
      }
      case 'greatest':
      case 'least': {
        const isLeast = tree.kind === 'least';
        const args = tree.args.map((arg) => this.#number(arg));
        return args.reduce((a, b) => this.#extreme(isLeast, a, b));
      }
      case 'nullif': {
        const [left, right] = [this.#number(tree.left), this.#number(tree.right)];
        const { yes } = compareNumbers(this.#registers, '=', left, right);
        return { ...left, known: this.#registers.andNot(left.known, yes) };
      }
    }
  }

  #fixed(value: unknown): NumberValue {
    if (value === null) {
      return { register: this.#registers.none, low: 0, high: 0, known: this.#registers.none };
    }
    if (typeof value !== 'number' || !Number.isInteger(value)) throw Unfit.error;
    if (Object.is(value, -0)) throw Unfit.error;
    if (Math.abs(value) > REGISTER_MAX) throw Unfit.error;
    return {
      register: this.#registers.constant(value),
      low: value,
      high: value,
      known: this.#registers.all,
    };
  }

  /** The smaller or greater of two; the other where one is NULL. */
  #extreme(isLeast: boolean, a: NumberValue, b: NumberValue): NumberValue {
    const registers = this.#registers;
    const kernel = isLeast ? kernels.leastRows : kernels.greatestRows;
    const both = registers.combine(kernel.name, kernel, a.register, b.register);
    const onlyA = registers.andNot(a.known, b.known);
    const onlyB = registers.andNot(b.known, a.known);
    const known = registers.or(a.known, b.known);
    const low = Math.min(a.low, b.low);
    const high = Math.max(a.high, b.high);
    const some = registers.choose(onlyB, b.register, both);
    return { register: registers.choose(onlyA, a.register, some), low, high, known };
  }

  #choose(yes: Register, a: NumberValue, b: NumberValue): NumberValue {
    return {
      register: this.#registers.choose(yes, a.register, b.register),
      low: Math.min(a.low, b.low),
      high: Math.max(a.high, b.high),
      known: this.#registers.choose(yes, a.known, b.known),
    };
  }

  #truth(tree: TruthTree): TruthValue {
    switch (tree.kind) {
      case 'within':
        return this.#within(tree);
      case 'compare':
        return compareNumbers(
          this.#registers,
          tree.comparison,
          this.#number(tree.left),
          this.#number(tree.right),
        );
      case 'and':
      case 'or':
        return this.#join(tree.kind === 'and', tree.args);
      case 'not': {
        const { yes, no } = this.#truth(tree.arg);
        return { yes: no, no: yes };
      }
      case 'is-null': {
        const known = this.#known(tree.arg);
        const isNull = this.#registers.andNot(this.#registers.all, known);
        return tree.negated ? { yes: known, no: isNull } : { yes: isNull, no: known };
      }
      case 'in-runs':
        return this.#inRuns(tree, tree.expr, tree.used);
    }
  }

  #join(isAnd: boolean, args: readonly TruthTree[]): TruthValue {
    const truths = args.map((arg) => this.#truth(arg));
    const registers = this.#registers;
    const and = (a: Register, b: Register): Register => registers.and(a, b);
    const or = (a: Register, b: Register): Register => registers.or(a, b);
    return {
      yes: truths.map(({ yes }) => yes).reduce(isAnd ? and : or),
      no: truths.map(({ no }) => no).reduce(isAnd ? or : and),
    };
  }

  #within(tree: Extract<TruthTree, { kind: 'within' }>): TruthValue {
    const { index, comparison, fixed, expr } = tree;
    if (this.#batch.runs?.constantColumns.includes(index) === true) {
      return this.#inRuns(tree, expr, [index]);
    }
    const value = comparedValue(fixed, this.#context);
    if (typeof value !== 'number' || Number.isNaN(value)) throw Unfit.error;
    const column = this.#columns.column(index);
    return lanesWithin(this.#registers, column, this.#columns.known(column), comparison, value);
  }

  #inRuns(tree: TruthTree, expr: Expr, used: readonly number[]): TruthValue {
    let truth = this.#runTruths.get(tree);
    if (truth === undefined) {
      truth = new RunTruth(expr, used, this.#context);
      if (!truth.attach(this.#batch)) throw Unfit.error;
      this.#runTruths.set(tree, truth);
    }
    const number = [...this.#runTruths.keys()].indexOf(tree);
    const where = (wanted: number): Register =>
      this.#registers.once(`runs ${number} ${wanted}`, [], (target) => (address, from, count) => {
        truth.fill(address(target), from, count, wanted);
      });
    return { yes: where(1), no: where(0) };
  }
}
