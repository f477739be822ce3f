/** Conditions over lanes as selections of rows. */
import { kernels } from '../../kernels/kernels.ts';
import { kernelViews } from '../../kernels/memory.ts';
import type { Expr } from '../../plan/expr.ts';
import type { Batch } from '../../vector/vector.ts';
import { someExpr } from '../expr/walk.ts';
import type { ExecContext } from '../operator.ts';
import type { Selection } from '../predicate.ts';
import { BLOCK_ROWS, runProgram, type LaneProgram } from './lane-program.ts';
import { LanePrograms } from './lane-programs.ts';
import { truthTree, type TruthTree } from './lane-tree.ts';

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

/** Rows where all of some conditions hold. */
export class LaneCondition {
  readonly #tree: TruthTree;
  readonly #programs = new WeakMap<ExecContext, LanePrograms>();

  constructor(exprs: readonly Expr[]) {
    this.#tree = { kind: 'and', args: exprs.map((expr) => truthTree(expr) as TruthTree) };
  }

  /** False where the batch has no lanes that fit. */
  select(batch: Batch, context: ExecContext): Selection | false {
    if (batch.length < BATCH_ROWS_MIN) return false;
    let programs = this.#programs.get(context);
    if (programs === undefined) {
      programs = new LanePrograms(context);
      this.#programs.set(context, programs);
    }
    const program = programs.for(batch, () => ({ condition: this.#tree, outputs: [] }));
    return program === undefined ? false : selectedRows(program, batch);
  }
}

function selectedRows(program: LaneProgram, batch: Batch): Selection {
  const rows = new Int32Array(batch.length);
  let length = 0;
  let target = 0;
  const begin = (tail: number): void => {
    target = tail;
  };
  runProgram(program, batch, BLOCK_ROWS * 4 + 16, begin, (address, from, count) => {
    const found = kernels.trueRows(address(program.condition), count, from, target);
    const first = target >>> 2;
    rows.set(kernelViews().i32.subarray(first, first + found), length);
    length += found;
  });
  return length === batch.length ? undefined : rows.subarray(0, length);
}
