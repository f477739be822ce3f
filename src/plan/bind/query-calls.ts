/** Calls that a query computes beside its rows: aggregates, window functions, sets in the select list. */
import type { WindowDef } from '../../parse/ast.ts';
import type { CallInfo, TableFunction } from '../../functions/function.ts';
import type { Expr } from '../expr.ts';
import type { LogicalAggregateCall, LogicalColumn, LogicalWindowCall } from '../logical.ts';
import { HashIndex } from '../expr-hash.ts';
import type { SortKey, WindowFrame } from '../physical.ts';
import { aggregateHash, sameAggregate } from './same-aggregate.ts';

export interface WindowSpec {
  readonly partitionBy: readonly Expr[];
  readonly orderBy: readonly SortKey[];
  readonly frame: WindowFrame;
}

export interface PendingWindow {
  readonly spec: WindowSpec;
  readonly call: LogicalWindowCall;
}

export interface PendingSet {
  readonly column: LogicalColumn;
  readonly fn: TableFunction;
  readonly call: CallInfo;
  readonly args: readonly Expr[];
}

/** GROUPING(a, b): its column stands for the bits of these expressions. */
export interface PendingGrouping {
  readonly column: LogicalColumn;
  readonly args: readonly Expr[];
  readonly location: number | undefined;
}

export class QueryCalls {
  readonly #aggregates: LogicalAggregateCall[] = [];
  readonly #known = new HashIndex<LogicalAggregateCall, LogicalAggregateCall>(
    aggregateHash,
    sameAggregate,
  );
  readonly windows: PendingWindow[] = [];
  readonly sets: PendingSet[] = [];
  readonly groupings: PendingGrouping[] = [];
  readonly namedWindows = new Map<string, WindowDef>();
  /** Which kind of call the expression at hand is an argument of. */
  inside: 'aggregate' | 'window' | null = null;
  /** Set inside CASE and COALESCE, where sets are not allowed. */
  conditional: string | null = null;

  get aggregates(): readonly LogicalAggregateCall[] {
    return this.#aggregates;
  }

  /** Answers the call that computes the same already, or the new one. */
  addAggregate(call: LogicalAggregateCall): LogicalAggregateCall {
    const known = this.#known.find(call);
    if (known !== undefined) return known;
    this.#aggregates.push(call);
    this.#known.add(call, call);
    return call;
  }
}
