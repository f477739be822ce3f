/** Conditions over lanes as selections of rows. */
import { kernels } from '../../kernels/kernels.ts';
import { kernelViews } from '../../kernels/memory.ts';
import type { Expr } from '../../plan/expr.ts';
import type { Batch } from '../../vector/vector.ts';
import { mayRaise, someExpr } from '../expr/walk.ts';
import type { ExecContext } from '../operator.ts';
import type { Selection } from '../predicate.ts';
import { runProgram, type LaneProgram } from './lane-program.ts';
import { LanePrograms } from './lane-programs.ts';
import { truthTree, type TruthTree } from './lane-tree.ts';
import { buildProgram, type Wanted } from './program-builder.ts';

/** Rows below which making registers costs more than it saves. */
const BATCH_ROWS_MIN = 256;

/** Whether a condition is made of columns of numbers, at least for the most part. */
export function isLaneCondition(expr: Expr): boolean {
  const tree = truthTree(expr);
  // Lateral parameters change while programs stay.
  return (
    tree !== undefined &&
    tree.kind !== 'in-runs' &&
    !someExpr(expr, (each) => each.kind === 'exec-param')
  );
}

/** The rows of a batch in which conditions hold, but for some that are no lanes' in this batch. */
export interface LaneSelection {
  readonly rows: Selection;
  /** The numbers of the conditions that were not looked at, ascending. */
  readonly left: readonly number[];
}

/** The programs of a statement. */
interface Programs {
  readonly all: LanePrograms;
  /** For what fits of the conditions, where not all of them do. */
  readonly some: LanePrograms;
  isPartial: boolean;
}

/** Rows where all of some conditions hold. */
export class LaneCondition {
  readonly #trees: readonly TruthTree[];
  readonly #raises: readonly boolean[];
  readonly #programs = new WeakMap<ExecContext, Programs>();
  /** What programs for some conditions leave. */
  readonly #left = new WeakMap<LaneProgram, readonly number[]>();

  constructor(exprs: readonly Expr[]) {
    this.#trees = exprs.map((expr) => truthTree(expr) as TruthTree);
    this.#raises = exprs.map(mayRaise);
  }

  /** False where the batch has no lanes that fit. */
  select(batch: Batch, context: ExecContext): LaneSelection | false {
    if (batch.length < BATCH_ROWS_MIN) return false;
    let programs = this.#programs.get(context);
    if (programs === undefined) {
      programs = {
        all: new LanePrograms(context),
        some: new LanePrograms(context),
        isPartial: false,
      };
      this.#programs.set(context, programs);
    }
    if (!programs.isPartial) {
      const program = programs.all.for(batch, () => wanted(this.#trees));
      if (program !== undefined) return { rows: selectedRows(program, batch), left: [] };
      programs.isPartial = this.#trees.length > 1;
    }
    return programs.isPartial && this.#selectBySome(programs.some, batch, context);
  }

  #selectBySome(programs: LanePrograms, batch: Batch, context: ExecContext): LaneSelection | false {
    let left: number[] = [];
    const program = programs.for(batch, () => {
      left = this.#notFitting(batch, context);
      const some = this.#trees.filter((_, i) => !left.includes(i));
      return some.length === 0 ? undefined : wanted(some);
    });
    if (program === undefined) return false;
    const known = this.#left.get(program) ?? left;
    this.#left.set(program, known);
    return { rows: selectedRows(program, batch), left: known };
  }

  /** With all after one that may raise an error: they must not take rows away from it. */
  #notFitting(batch: Batch, context: ExecContext): number[] {
    const left: number[] = [];
    let isOver = false;
    this.#trees.forEach((tree, i) => {
      if (!isOver && buildProgram(wanted([tree]), batch, context) !== undefined) return;
      left.push(i);
      isOver ||= this.#raises[i];
    });
    return left;
  }
}

function wanted(args: readonly TruthTree[]): Wanted {
  return { condition: { kind: 'and', args }, outputs: [] };
}

function selectedRows(program: LaneProgram, batch: Batch): Selection {
  let first = 0;
  let length = 0;
  const begin = (tail: number): void => {
    first = tail;
  };
  // Rows are written four at a time.
  runProgram(program, batch, batch.length * 4 + 16, begin, (address, from, count) => {
    length += kernels.trueRows(address(program.condition), count, from, first + length * 4);
  });
  if (length === batch.length) return undefined;
  return kernelViews().i32.slice(first >>> 2, (first >>> 2) + length);
}
