/**
 * Bound expressions: every name resolved, every coercion explicit, every type known. The same nodes
 * serve the logical and the physical plan; `column.index` is a column id in the first and a position in
 * the operator's input in the second.
 */
import type { CallInfo, ScalarFunction } from '../functions/function.ts';
import type { Conversion } from '../types/cast.ts';
import type { SqlType } from '../types/type.ts';
import type { Value } from '../types/value.ts';
import type { LogicalNode } from './logical.ts';
import type { PhysicalNode } from './physical.ts';

export interface ConstantExpr {
  readonly kind: 'constant';
  readonly type: SqlType;
  readonly value: Value;
}

export interface ColumnExpr {
  readonly kind: 'column';
  readonly type: SqlType;
  readonly index: number;
}

/** $1 is index 0. */
export interface ParameterExpr {
  readonly kind: 'parameter';
  readonly type: SqlType;
  readonly index: number;
}

/** A value that an enclosing operator sets before it runs a sub-plan (correlation, LATERAL). */
export interface ExecParamExpr {
  readonly kind: 'exec-param';
  readonly type: SqlType;
  readonly index: number;
}

export interface CallExpr {
  readonly kind: 'call';
  readonly type: SqlType;
  readonly fn: ScalarFunction;
  readonly args: readonly Expr[];
  readonly call: CallInfo;
  /** The operator's name where the call was written as one; for EXPLAIN and deparsing. */
  readonly operator?: string | undefined;
}

/** A conversion that is not a registered function: casts and length coercions. */
export interface CastExpr {
  readonly kind: 'cast';
  readonly type: SqlType;
  readonly arg: Expr;
  /** False where every input stays as it is (varchar to text): the evaluator then only relabels. */
  readonly convert: Conversion | false;
  readonly explicit: boolean;
  readonly form: 'explicit' | 'implicit';
}

export interface LogicExpr {
  readonly kind: 'and' | 'or';
  readonly type: SqlType;
  readonly args: readonly Expr[];
}

export interface NotExpr {
  readonly kind: 'not';
  readonly type: SqlType;
  readonly arg: Expr;
}

export interface IsNullExpr {
  readonly kind: 'is-null';
  readonly type: SqlType;
  readonly arg: Expr;
  readonly negated: boolean;
}

export interface BooleanTestExpr {
  readonly kind: 'boolean-test';
  readonly type: SqlType;
  readonly arg: Expr;
  readonly test: 'true' | 'false' | 'unknown';
  readonly negated: boolean;
}

/** IS [NOT] DISTINCT FROM over operands of one comparable type. */
export interface DistinctExpr {
  readonly kind: 'distinct';
  readonly type: SqlType;
  readonly left: Expr;
  readonly right: Expr;
  /** The type's equality. */
  readonly equality: ScalarFunction;
  readonly call: CallInfo;
  readonly negated: boolean;
}

export interface CaseExpr {
  readonly kind: 'case';
  readonly type: SqlType;
  readonly branches: readonly { readonly when: Expr; readonly then: Expr }[];
  readonly otherwise: Expr;
}

export interface CoalesceExpr {
  readonly kind: 'coalesce';
  readonly type: SqlType;
  readonly args: readonly Expr[];
}

export interface NullIfExpr {
  readonly kind: 'nullif';
  readonly type: SqlType;
  readonly left: Expr;
  readonly right: Expr;
  readonly equality: ScalarFunction;
  readonly call: CallInfo;
}

export interface MinMaxExpr {
  readonly kind: 'greatest' | 'least';
  readonly type: SqlType;
  readonly args: readonly Expr[];
}

export interface ArrayExpr {
  readonly kind: 'array';
  readonly type: SqlType;
  /** Elements; arrays of arrays are built one dimension higher. */
  readonly elements: readonly Expr[];
  readonly multidimensional: boolean;
}

export interface RowExpr {
  readonly kind: 'row';
  readonly type: SqlType;
  readonly fields: readonly Expr[];
  readonly names: readonly string[];
  /** A relation's row as it is read: grouping sets leave out columns, but not those of such a row. */
  readonly isWhole?: true;
}

/** arg [NOT] IN (list) where every item has arg's comparison type. */
export interface InListExpr {
  readonly kind: 'in-list';
  readonly type: SqlType;
  readonly arg: Expr;
  readonly items: readonly Expr[];
  readonly equality: ScalarFunction;
  readonly call: CallInfo;
  readonly negated: boolean;
}

/** left op ANY/ALL (array). */
export interface ArrayOpExpr {
  readonly kind: 'array-op';
  readonly type: SqlType;
  readonly fn: ScalarFunction;
  readonly call: CallInfo;
  readonly operator: string;
  readonly left: Expr;
  readonly array: Expr;
  readonly quantifier: 'any' | 'all';
}

/** base[i][j] or base[l:u]; a slice where any subscript has `slice`. Also jsonb subscripts. */
export interface SubscriptExpr {
  readonly kind: 'subscript';
  readonly type: SqlType;
  readonly base: Expr;
  readonly subscripts: readonly {
    readonly lower: Expr | null;
    readonly upper: Expr | null;
    readonly slice: boolean;
  }[];
}

/** (composite).field, by position. */
export interface FieldExpr {
  readonly kind: 'field';
  readonly type: SqlType;
  readonly base: Expr;
  readonly index: number;
}

export type SubqueryMode = 'scalar' | 'exists' | 'any' | 'all' | 'array';

/** A subquery before physical planning. Its plan refers to outer columns through exec-params. */
export interface SubqueryExpr {
  readonly kind: 'subquery';
  readonly type: SqlType;
  readonly mode: SubqueryMode;
  readonly plan: LogicalNode;
  /** exec-param index and the outer expression that fills it. */
  readonly bindings: readonly ExecParamBinding[];
  /** any/all: comparison over [exec-params of the subquery's row]; see SubplanExpr.test. */
  readonly test: Expr | null;
  readonly testParams: readonly number[];
  /** The syntax tree that it was bound from: the same text in the same query means the same. */
  readonly source?: object | undefined;
}

export interface ExecParamBinding {
  readonly param: number;
  readonly value: Expr;
}

/**
 * A subquery ready to run. Before each run the bindings are evaluated against the current row. Without
 * bindings the result is computed once per statement and kept.
 * - scalar: the single column of the single row, NULL for none, 21000 for two.
 * - exists: whether a row comes. - array: the column's values as an array of `type`.
 * - any/all: `test` per row of the subquery, whose columns were put into `testParams`; SQL's
 *   three-valued OR / AND over the rows.
 */
export interface SubplanExpr {
  readonly kind: 'subplan';
  readonly type: SqlType;
  readonly mode: SubqueryMode;
  readonly plan: PhysicalNode;
  readonly bindings: readonly ExecParamBinding[];
  readonly test: Expr | null;
  readonly testParams: readonly number[];
  /** Shared identity for EXPLAIN: SubPlan 1, InitPlan 2 ... */
  readonly id: number;
}

export type Expr =
  | ConstantExpr
  | ColumnExpr
  | ParameterExpr
  | ExecParamExpr
  | CallExpr
  | CastExpr
  | LogicExpr
  | NotExpr
  | IsNullExpr
  | BooleanTestExpr
  | DistinctExpr
  | CaseExpr
  | CoalesceExpr
  | NullIfExpr
  | MinMaxExpr
  | ArrayExpr
  | RowExpr
  | InListExpr
  | ArrayOpExpr
  | SubscriptExpr
  | FieldExpr
  | SubqueryExpr
  | SubplanExpr;
