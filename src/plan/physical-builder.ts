/** Logical plans to physical ones: column ids become positions, and every node gets an algorithm. */
import { finishNow } from '../base/steps.ts';
import type { BindEnvironment } from './bind/context.ts';
import type { BoundStatement } from './logical.ts';
import { optimizeSteps } from './optimize.ts';
import type { PhysicalPlan } from './physical.ts';
import { PlanBuilder } from './physical/build.ts';
import { DEFAULT_TABLE_ROWS } from './physical/estimate.ts';

/** Optimises a bound statement and chooses how to run it. */
export function planStatement(bound: BoundStatement, env: BindEnvironment): PhysicalPlan {
  return finishNow(planSteps(bound, env));
}

/** The same in steps. */
export function* planSteps(
  bound: BoundStatement,
  env: BindEnvironment,
): Generator<void, PhysicalPlan, void> {
  const counts = (table: Parameters<NonNullable<BindEnvironment['statistics']>>[0]): number =>
    env.statistics?.(table) ?? DEFAULT_TABLE_ROWS;
  const state = { nextColumnId: bound.nextColumnId, nextExecParam: bound.execParams, counts, env };
  const logical = yield* optimizeSteps(bound.root, state);
  env.checkTime?.();
  yield;
  const builder = new PlanBuilder(env, counts, state.nextExecParam);
  const root = builder.buildRoot(logical);
  return {
    root,
    execParams: builder.execParams,
    parameterTypes: bound.parameterTypes,
    reads: bound.reads,
    directReads: bound.directReads,
    writes: bound.writes,
    directWrites: bound.directWrites,
    viewWrites: bound.viewWrites,
  };
}
