/**
 * Which aggregates can be computed from records that were put aside: counts, sums of integers and extremes of
 * numbers that are whole, without FILTER, DISTINCT or an order.
 */
import type { AggregateCall } from '../../plan/physical.ts';
import type { Expr } from '../../plan/expr.ts';
import { exprEqual } from '../../plan/expr-walk.ts';
import type { GroupStateKind } from '../../kernels/key-kernels.ts';
import { OID, type Oid } from '../../types/type.ts';
import { isAsync, isVolatile } from '../expr/walk.ts';

/** What a call takes of a group: its rows, those without NULL, or a state and these. */
export interface AsideCall {
  readonly kind: 'rows' | 'known' | 'sum' | 'extreme';
  /** Position of the argument among the inputs, -1 for none. */
  readonly input: number;
  readonly state: GroupStateKind | undefined;
}

export interface AsidePlan {
  /** Arguments whose values are put aside; those that are only counted have none. */
  readonly inputs: readonly { readonly expr: Expr; readonly isKept: boolean }[];
  readonly calls: readonly AsideCall[];
}

const INTEGERS: ReadonlySet<Oid> = new Set<Oid>([OID.int2, OID.int4, OID.int8]);
const WORDS: ReadonlySet<Oid> = new Set<Oid>([OID.int2, OID.int4, OID.date]);
const LONGS: ReadonlySet<Oid> = new Set<Oid>([OID.int8, OID.time, OID.timestamp, OID.timestamptz]);
/** Bits for NULL in a record. */
const INPUTS_MAX = 32;

/** undefined where some call needs its rows. */
export function asidePlan(all: readonly AggregateCall[]): AsidePlan | undefined {
  const inputs: { expr: Expr; isKept: boolean }[] = [];
  const calls: AsideCall[] = [];
  for (const call of all) {
    const found = asideCall(call);
    if (found === undefined) return undefined;
    const { kind, state } = found;
    if (kind === 'rows') {
      calls.push({ kind, state, input: -1 });
      continue;
    }
    const [expr] = call.args;
    let input = inputs.findIndex((each) => exprEqual(each.expr, expr));
    if (input < 0) input = inputs.push({ expr, isKept: false }) - 1;
    if (state !== undefined) inputs[input].isKept = true;
    calls.push({ kind, state, input });
  }
  return inputs.length > INPUTS_MAX ? undefined : { inputs, calls };
}

function asideCall(call: AggregateCall): Omit<AsideCall, 'input'> | undefined {
  const { fn, args, filter, distinct, orderBy, directArgs } = call;
  if (filter !== null || distinct || orderBy.length > 0 || directArgs.length > 0) return undefined;
  if (args.length > 1 || args.some((arg) => isAsync(arg) || isVolatile(arg))) return undefined;
  const [statistic, ...others] = fn.statistics ?? ['ends'];
  if (others.length > 0) return undefined;
  if (statistic === undefined) {
    return { kind: args.length === 0 ? 'rows' : 'known', state: undefined };
  }
  const { oid } = args[0].type;
  const isWord = WORDS.has(oid);
  if (statistic === 'sum' && INTEGERS.has(oid)) {
    return { kind: 'sum', state: isWord ? 'sum32' : 'sum64' };
  }
  if (statistic !== 'extremes' || !(isWord || LONGS.has(oid))) return undefined;
  const isMax = fn.name === 'max';
  if (isWord) return { kind: 'extreme', state: isMax ? 'max32' : 'min32' };
  return { kind: 'extreme', state: isMax ? 'max64' : 'min64' };
}
