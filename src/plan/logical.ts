/**
 * Logical plans: what a statement means, before anybody decides how to run it. Columns have ids that are
 * unique in the statement, so a node can move anywhere without renumbering. Expressions refer to them by
 * `column.index`. Rules rewrite these trees; physical-builder.ts turns ids into positions.
 */
import type {
  SequenceDescriptor,
  TableDescriptor,
  VirtualTableDescriptor,
} from '../catalog/catalog.ts';
import type { CallInfo, TableFunction } from '../functions/function.ts';
import type { Oid, SqlType } from '../types/type.ts';
import type { ExecParamBinding, Expr } from './expr.ts';
import type {
  AggregateCall,
  CheckExpr,
  JoinType,
  SortKey,
  ViewCheck,
  ViewWrite,
  WindowCall,
  WindowFrame,
} from './physical.ts';

export type { ViewCheck, ViewWrite } from './physical.ts';

export interface LogicalColumn {
  /** Unique in the statement. */
  readonly id: number;
  readonly name: string;
  readonly type: SqlType;
}

export interface ScanColumn extends LogicalColumn {
  readonly attnum: number;
}

interface LogicalBase {
  readonly columns: readonly LogicalColumn[];
}

export interface LogicalScan {
  readonly kind: 'scan';
  readonly columns: readonly ScanColumn[];
  readonly table: TableDescriptor | VirtualTableDescriptor | SequenceDescriptor;
  /** Name in the query, for EXPLAIN. */
  readonly alias: string;
}

export interface LogicalValues extends LogicalBase {
  readonly kind: 'values';
  readonly rows: readonly (readonly Expr[])[];
  /** In which the columns of a row are computed; left to right where it is not given. */
  readonly order?: readonly number[] | undefined;
}

export interface LogicalFunctionScan extends LogicalBase {
  readonly kind: 'function-scan';
  readonly alias: string;
  readonly functions: readonly {
    readonly fn: TableFunction;
    readonly call: CallInfo;
    readonly args: readonly Expr[];
    readonly columnCount: number;
    /** The only argument is an expression that gives the row, written in the function's place. */
    readonly isExpression?: boolean;
  }[];
  readonly withOrdinality: boolean;
}

export interface LogicalProjectSet extends LogicalBase {
  readonly kind: 'project-set';
  readonly input: LogicalNode;
  /** One column each, after the input's columns. */
  readonly functions: readonly {
    readonly column: LogicalColumn;
    readonly fn: TableFunction;
    readonly call: CallInfo;
    readonly args: readonly Expr[];
  }[];
}

export interface LogicalFilter extends LogicalBase {
  readonly kind: 'filter';
  readonly input: LogicalNode;
  readonly condition: Expr;
}

/** Gives exactly its own columns, each computed over the input's. */
export interface LogicalProject extends LogicalBase {
  readonly kind: 'project';
  readonly input: LogicalNode;
  readonly exprs: readonly Expr[];
}

export interface LogicalAggregateCall extends AggregateCall {
  readonly column: LogicalColumn;
}

/** Groups that the column of GROUPING bits, an int4, has room for. */
export const GROUPING_BITS = 31;

/**
 * Columns: one per group, one per aggregate, then the grouping bits where there are sets: bit i, from the lowest
 * on, tells that group i is not in the set.
 */
export interface LogicalAggregate extends LogicalBase {
  readonly kind: 'aggregate';
  readonly input: LogicalNode;
  readonly groups: readonly { readonly column: LogicalColumn; readonly expr: Expr }[];
  readonly groupingSets: readonly (readonly number[])[] | null;
  readonly groupingColumn: LogicalColumn | null;
  readonly aggregates: readonly LogicalAggregateCall[];
}

export interface LogicalWindowCall extends WindowCall {
  readonly column: LogicalColumn;
}

export interface LogicalWindow extends LogicalBase {
  readonly kind: 'window';
  readonly input: LogicalNode;
  readonly partitionBy: readonly Expr[];
  readonly orderBy: readonly SortKey[];
  readonly frame: WindowFrame;
  readonly calls: readonly LogicalWindowCall[];
}

export interface LogicalSort extends LogicalBase {
  readonly kind: 'sort';
  readonly input: LogicalNode;
  readonly keys: readonly SortKey[];
}

export interface LogicalLimit extends LogicalBase {
  readonly kind: 'limit';
  readonly input: LogicalNode;
  readonly limit: Expr | null;
  readonly offset: Expr | null;
  readonly tiesKeys: readonly SortKey[] | null;
}

export interface LogicalDistinct extends LogicalBase {
  readonly kind: 'distinct';
  readonly input: LogicalNode;
}

export interface LogicalDistinctOn extends LogicalBase {
  readonly kind: 'distinct-on';
  readonly input: LogicalNode;
  readonly keys: readonly Expr[];
}

/** `bindings`: exec-params of the right side, filled from the left one (LATERAL). */
export interface LogicalJoin extends LogicalBase {
  readonly kind: 'join';
  readonly joinType: JoinType;
  readonly left: LogicalNode;
  readonly right: LogicalNode;
  readonly condition: Expr | null;
  readonly bindings: readonly ExecParamBinding[];
  /** NOT IN: an anti join where a NULL on either side of the key comparison rejects the row. */
  readonly nullAware: boolean;
}

export interface LogicalAppend extends LogicalBase {
  readonly kind: 'append';
  /** Each gives as many columns of the same types; they become this node's columns by position. */
  readonly inputs: readonly LogicalNode[];
}

export interface LogicalSetOperation extends LogicalBase {
  readonly kind: 'set-operation';
  readonly operation: 'intersect' | 'except';
  readonly all: boolean;
  readonly left: LogicalNode;
  readonly right: LogicalNode;
}

export interface LogicalCteScan extends LogicalBase {
  readonly kind: 'cte-scan';
  readonly cteId: number;
  readonly name: string;
}

export interface LogicalWith extends LogicalBase {
  readonly kind: 'with';
  readonly ctes: readonly {
    readonly cteId: number;
    readonly name: string;
    readonly plan: LogicalNode;
    readonly modifying: boolean;
    readonly materialized: 'default' | 'always' | 'never';
  }[];
  readonly body: LogicalNode;
}

export interface LogicalRecursiveUnion extends LogicalBase {
  readonly kind: 'recursive-union';
  readonly cteId: number;
  readonly seed: LogicalNode;
  readonly step: LogicalNode;
  readonly distinct: boolean;
}

export interface LogicalWorkTable extends LogicalBase {
  readonly kind: 'work-table';
  readonly cteId: number;
  readonly name: string;
}

export interface LogicalRowChecks {
  readonly notNull: readonly { readonly position: number; readonly column: string }[];
  readonly checks: readonly CheckExpr[];
  readonly options: readonly ViewCheck[];
}

/** A unique index that ON CONFLICT names; expressions are over the new row. */
export interface Arbiter {
  readonly index: Oid;
  readonly keys: readonly Expr[];
  /** Which rows a partial index has. */
  readonly predicate: Expr | null;
}

/** `input` gives the live columns in attnum order; expressions over a new row use `rowIds`. */
export interface LogicalInsert extends LogicalBase {
  readonly kind: 'insert';
  readonly table: TableDescriptor;
  readonly input: LogicalNode;
  readonly rowIds: readonly number[];
  readonly rowChecks: LogicalRowChecks;
  readonly onConflict: {
    readonly action: 'nothing' | 'update';
    readonly arbiters: readonly Arbiter[];
    /** Over rowIds (the existing row) and excludedIds. */
    readonly set: readonly Expr[];
    readonly where: Expr | null;
    readonly excludedIds: readonly number[];
  } | null;
  /** For RETURNING after DO UPDATE: xmax, which tells updated rows from new ones. */
  readonly xmaxId: number | null;
  readonly returning: readonly Expr[] | null;
}

/** `input` gives the row ref, the old row, the new row, and further columns for RETURNING. */
export interface LogicalUpdate extends LogicalBase {
  readonly kind: 'update';
  readonly table: TableDescriptor;
  readonly input: LogicalNode;
  /** Row checks and `returning` see the new row under these ids. */
  readonly rowIds: readonly number[];
  /** Ids of the input's columns after the new row; columns that RETURNING needs beside it. */
  readonly extraIds: readonly number[];
  readonly rowChecks: LogicalRowChecks;
  readonly returning: readonly Expr[] | null;
}

export interface LogicalDelete extends LogicalBase {
  readonly kind: 'delete';
  readonly table: TableDescriptor;
  readonly input: LogicalNode;
  readonly rowIds: readonly number[];
  readonly extraIds: readonly number[];
  readonly returning: readonly Expr[] | null;
}

export interface LogicalLockRows extends LogicalBase {
  readonly kind: 'lock-rows';
  readonly input: LogicalNode;
  readonly targets: readonly { readonly table: TableDescriptor; readonly rowRefId: number }[];
  readonly strength: 'update' | 'share';
  readonly wait: 'block' | 'nowait' | 'skip-locked';
}

export type LogicalNode =
  | LogicalScan
  | LogicalValues
  | LogicalFunctionScan
  | LogicalProjectSet
  | LogicalFilter
  | LogicalProject
  | LogicalAggregate
  | LogicalWindow
  | LogicalSort
  | LogicalLimit
  | LogicalDistinct
  | LogicalDistinctOn
  | LogicalJoin
  | LogicalAppend
  | LogicalSetOperation
  | LogicalCteScan
  | LogicalWith
  | LogicalRecursiveUnion
  | LogicalWorkTable
  | LogicalInsert
  | LogicalUpdate
  | LogicalDelete
  | LogicalLockRows;

export type LogicalKind = LogicalNode['kind'];

/** A result column as RowDescription needs it. */
export interface ResultField {
  readonly name: string;
  readonly type: SqlType;
  /** Relation and column that the value comes straight from, else 0. */
  readonly tableOid: Oid;
  readonly attnum: number;
}

/** What the binder makes of one statement. */
export interface BoundStatement {
  readonly command: 'select' | 'insert' | 'update' | 'delete';
  readonly root: LogicalNode;
  /** null for statements that return no rows. */
  readonly fields: readonly ResultField[] | null;
  readonly parameterTypes: readonly SqlType[];
  readonly execParams: number;
  readonly nextColumnId: number;
  readonly reads: readonly Oid[];
  /** The relations of `reads` that the statement itself names: a view, but not what is behind it. */
  readonly directReads: readonly Oid[];
  readonly writes: readonly Oid[];
  /** The relations of `writes` that the statement itself names. */
  readonly directWrites: readonly Oid[];
  readonly viewWrites: readonly ViewWrite[];
}
