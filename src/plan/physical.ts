/**
 * Physical plans: what exec runs, one node per operator, all names and types gone into positions. A
 * node is data; its execution is exec/<kind>.ts. Expressions see their input's columns by position; a
 * join's filter sees left columns first, then right ones.
 */
import type {
  IndexDescriptor,
  TableDescriptor,
  SequenceDescriptor,
  VirtualTableDescriptor,
} from '../catalog/catalog.ts';
import type {
  AggregateFunction,
  CallInfo,
  TableFunction,
  WindowFunction,
} from '../functions/function.ts';
import type { Oid, SqlType } from '../types/type.ts';
import type { Expr, ExecParamBinding } from './expr.ts';
import type { Arbiter } from './logical.ts';
import type { Batch } from '../vector/vector.ts';

export interface OutputColumn {
  readonly name: string;
  readonly type: SqlType;
}

interface NodeBase {
  readonly columns: readonly OutputColumn[];
  /** Planner's guess, for EXPLAIN and join order. */
  readonly estimatedRows: number;
}

/** Pseudo attnums that a scan can be asked for. */
export const ROW_REF_ATTNUM = -1;
export const TABLE_OID_ATTNUM = -6;

/**
 * `column op value`, known to hold for every row that the query wants. Storage may use it to skip
 * chunks, series and vectors; it is only a hint, the scan's `filter` still decides row by row.
 * `values` are constants, parameters or exec-params of the column's own comparison type.
 */
export interface ScanPredicate {
  readonly column: number;
  readonly op: '=' | '<' | '<=' | '>' | '>=' | 'in';
  readonly values: readonly Expr[];
}

export interface TableScanNode extends NodeBase {
  readonly kind: 'table-scan';
  readonly table: TableDescriptor;
  /** attnums of the output columns, pseudo ones included. */
  readonly attnums: readonly number[];
  readonly predicates: readonly ScanPredicate[];
  /** True where the predicates say all that the filter does. */
  readonly predicatesAreExact: boolean;
  /** Over the output columns. */
  readonly filter: Expr | null;
  /** Hypertables: batches by chunk in time order, and rows sorted by time inside each. */
  readonly timeOrder: 'asc' | 'desc' | null;
  /** Hypertables: of rows equal in these columns (attnums) only those of the extreme time are needed. */
  readonly latest: { readonly keys: readonly number[]; readonly newest: boolean } | null;
}

/** Values to look up: expressions, or the elements of an array. */
export type IndexList = { readonly values: readonly Expr[] } | { readonly array: Expr };

/** An index lookup on an ordinary table; output as a table scan's, in index order. */
export interface IndexScanNode extends NodeBase {
  readonly kind: 'index-scan';
  readonly table: TableDescriptor;
  readonly index: IndexDescriptor;
  readonly attnums: readonly number[];
  /** Values for the leading key columns; NULL finds nothing. */
  readonly equals: readonly Expr[];
  /** Values for the key column after those: each is looked up once. There are no bounds then. */
  readonly anyOf: IndexList | null;
  /** Bounds on the key column after those. */
  readonly lower: { readonly value: Expr; readonly inclusive: boolean } | null;
  readonly upper: { readonly value: Expr; readonly inclusive: boolean } | null;
  readonly descending: boolean;
  readonly filter: Expr | null;
}

/** Rows of a relation computed by the server. */
export interface VirtualScanNode extends NodeBase {
  readonly kind: 'virtual-scan';
  readonly table: VirtualTableDescriptor | SequenceDescriptor;
  readonly attnums: readonly number[];
  readonly filter: Expr | null;
}

export interface ValuesNode extends NodeBase {
  readonly kind: 'values';
  /** Rows of expressions without column references; one empty row stands for a missing FROM. */
  readonly rows: readonly (readonly Expr[])[];
  /** In which the columns of a row are computed; left to right where it is not given. */
  readonly order?: readonly number[] | undefined;
  /** Rows whose values are there already; `rows` is empty then. */
  readonly batches?: readonly Batch[];
}

export interface FunctionScanNode extends NodeBase {
  readonly kind: 'function-scan';
  /** ROWS FROM: run side by side, shorter ones padded with NULLs. */
  readonly functions: readonly {
    readonly fn: TableFunction;
    readonly call: CallInfo;
    readonly args: readonly Expr[];
    readonly columnCount: number;
  }[];
  readonly withOrdinality: boolean;
}

/** A scalar function or expression in FROM is a Values node; this one expands sets in a select list. */
export interface ProjectSetNode extends NodeBase {
  readonly kind: 'project-set';
  readonly input: PhysicalNode;
  /** Output: the input's columns, then one column per function (a record where it has several). */
  readonly functions: readonly {
    readonly fn: TableFunction;
    readonly call: CallInfo;
    readonly args: readonly Expr[];
  }[];
}

export interface FilterNode extends NodeBase {
  readonly kind: 'filter';
  readonly input: PhysicalNode;
  readonly condition: Expr;
}

export interface ProjectNode extends NodeBase {
  readonly kind: 'project';
  readonly input: PhysicalNode;
  readonly exprs: readonly Expr[];
}

export interface SortKey {
  readonly expr: Expr;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

export interface AggregateCall {
  readonly fn: AggregateFunction;
  readonly call: CallInfo;
  readonly args: readonly Expr[];
  /** Direct arguments of ordered-set aggregates. */
  readonly directArgs: readonly Expr[];
  readonly distinct: boolean;
  readonly filter: Expr | null;
  readonly orderBy: readonly SortKey[];
  readonly type: SqlType;
}

/**
 * Output: the group expressions, then the aggregates, then one int4 column of GROUPING bits where
 * `groupingSets` is given (bit i, from the lowest on: group i is not in the set). Without groups exactly one
 * row comes. Where the input's batches carry runs and the groups allow it, no hashing is done.
 */
export interface AggregateNode extends NodeBase {
  readonly kind: 'aggregate';
  readonly input: PhysicalNode;
  readonly groups: readonly Expr[];
  /** Each a list of indexes into `groups`. */
  readonly groupingSets: readonly (readonly number[])[] | null;
  readonly aggregates: readonly AggregateCall[];
}

export interface SortNode extends NodeBase {
  readonly kind: 'sort';
  readonly input: PhysicalNode;
  readonly keys: readonly SortKey[];
}

/** Sort and LIMIT in one: keeps offset + limit rows. */
export interface TopNNode extends NodeBase {
  readonly kind: 'top-n';
  readonly input: PhysicalNode;
  readonly keys: readonly SortKey[];
  /** int8 expressions without column references; NULL means none. */
  readonly limit: Expr;
  readonly offset: Expr | null;
}

/**
 * Over an aggregate in time buckets: gives at least the rows of the newest (oldest) buckets that make up
 * limit + offset rows, every bucket whole. The scan below has a bound on its time in the exec-param.
 */
export interface BucketWindowNode extends NodeBase {
  readonly kind: 'bucket-window';
  readonly input: PhysicalNode;
  readonly table: TableDescriptor;
  /** The group expression, over the scan's columns, and where the input has its value. */
  readonly bucket: Expr;
  readonly bucketPosition: number;
  readonly newest: boolean;
  readonly param: number;
  readonly limit: Expr;
  readonly offset: Expr | null;
  /** The scan's times are known to lie on this side of these values. */
  readonly bound: readonly Expr[];
}

export interface LimitNode extends NodeBase {
  readonly kind: 'limit';
  readonly input: PhysicalNode;
  readonly limit: Expr | null;
  readonly offset: Expr | null;
  /** FETCH FIRST n ROWS WITH TIES: the input is sorted by these. */
  readonly tiesKeys: readonly SortKey[] | null;
}

/** First row of each stretch of equal keys; the input is sorted so that equal keys are adjacent. */
export interface DistinctOnNode extends NodeBase {
  readonly kind: 'distinct-on';
  readonly input: PhysicalNode;
  readonly keys: readonly Expr[];
}

/** SELECT DISTINCT: first occurrence of each row. */
export interface DistinctNode extends NodeBase {
  readonly kind: 'distinct';
  readonly input: PhysicalNode;
}

export type JoinType = 'inner' | 'left' | 'right' | 'full' | 'semi' | 'anti';

/** Builds on the right, probes with the left. semi and anti output left columns only. */
export interface HashJoinNode extends NodeBase {
  readonly kind: 'hash-join';
  readonly joinType: JoinType;
  readonly left: PhysicalNode;
  readonly right: PhysicalNode;
  readonly leftKeys: readonly Expr[];
  readonly rightKeys: readonly Expr[];
  /** Residual condition over left then right columns. */
  readonly filter: Expr | null;
  /** NOT IN semantics for anti: a NULL on either side makes the answer unknown. */
  readonly nullAware: boolean;
}

/** For each left row: bind `bindings` (over left columns), run the right side, test the condition. */
export interface NestedLoopNode extends NodeBase {
  readonly kind: 'nested-loop';
  readonly joinType: 'inner' | 'left' | 'semi' | 'anti' | 'right' | 'full';
  readonly left: PhysicalNode;
  readonly right: PhysicalNode;
  readonly condition: Expr | null;
  /** Empty where the right side does not depend on the left: it is then run once and kept. */
  readonly bindings: readonly ExecParamBinding[];
}

/** Functions in FROM over the columns of what stands before them; the condition is over both. */
export interface FunctionLoopNode extends NodeBase {
  readonly kind: 'function-loop';
  readonly joinType: 'inner' | 'left';
  readonly left: PhysicalNode;
  /** Its arguments are over the left columns. */
  readonly right: FunctionScanNode;
  /** None in a left join. */
  readonly condition: Expr | null;
}

export interface AppendNode extends NodeBase {
  readonly kind: 'append';
  readonly inputs: readonly PhysicalNode[];
}

export interface SetOperationNode extends NodeBase {
  readonly kind: 'set-operation';
  readonly operation: 'intersect' | 'except';
  readonly all: boolean;
  readonly left: PhysicalNode;
  readonly right: PhysicalNode;
}

export interface WindowCall {
  readonly fn: WindowFunction | AggregateFunction;
  readonly call: CallInfo;
  readonly args: readonly Expr[];
  readonly filter: Expr | null;
  readonly type: SqlType;
}

export type FrameBound =
  | { readonly kind: 'unbounded-preceding' | 'current-row' | 'unbounded-following' }
  | { readonly kind: 'preceding' | 'following'; readonly offset: Expr };

export interface WindowFrame {
  readonly mode: 'rows' | 'range' | 'groups';
  readonly start: FrameBound;
  readonly end: FrameBound;
  readonly exclude: 'none' | 'current-row' | 'group' | 'ties';
  /** RANGE with an offset: the borders `key + offset` and `key - offset`, and the key in their type. */
  readonly rangeBorders?:
    | { readonly plus: Expr; readonly minus: Expr; readonly key: Expr }
    | undefined;
}

/** Output: the input's columns, then one per call. All calls share one window. */
export interface WindowNode extends NodeBase {
  readonly kind: 'window';
  readonly input: PhysicalNode;
  readonly partitionBy: readonly Expr[];
  readonly orderBy: readonly SortKey[];
  readonly frame: WindowFrame;
  readonly calls: readonly WindowCall[];
}

/** Runs `plan` at most once per statement and keeps its rows for all cte-scans of `cteId`. */
export interface CteScanNode extends NodeBase {
  readonly kind: 'cte-scan';
  readonly cteId: number;
}

/** Declares CTEs for the body. Data-modifying ones always run to the end, before the body returns. */
export interface WithNode extends NodeBase {
  readonly kind: 'with';
  readonly ctes: readonly {
    readonly cteId: number;
    readonly name: string;
    readonly plan: PhysicalNode;
    readonly modifying: boolean;
  }[];
  readonly body: PhysicalNode;
}

/** Two plans for the same rows: `few` where the CTE turns out to have up to `rowsMax` rows, else `many`. */
export interface ChoiceNode extends NodeBase {
  readonly kind: 'choice';
  readonly cteId: number;
  readonly rowsMax: number;
  readonly few: PhysicalNode;
  readonly many: PhysicalNode;
}

/** WITH RECURSIVE: the seed's rows, then the step over the last turn's rows until none is new. */
export interface RecursiveUnionNode extends NodeBase {
  readonly kind: 'recursive-union';
  readonly cteId: number;
  readonly seed: PhysicalNode;
  readonly step: PhysicalNode;
  readonly distinct: boolean;
}

/** The rows of the last turn, inside `step`. */
export interface WorkTableNode extends NodeBase {
  readonly kind: 'work-table';
  readonly cteId: number;
}

export interface CheckExpr {
  readonly constraint: string;
  /** Over the table's live columns in attnum order; fails where false. */
  readonly expr: Expr;
}

/** What every INSERT and UPDATE verifies about a new row (live columns in attnum order). */
export interface RowChecks {
  readonly notNull: readonly { readonly position: number; readonly column: string }[];
  readonly checks: readonly CheckExpr[];
  /** WITH CHECK OPTION of views, inner ones first; a row fails where one is not true. */
  readonly options: readonly ViewCheck[];
}

export interface ViewCheck {
  readonly view: string;
  /** Over the table's live columns in attnum order. */
  readonly expr: Expr;
}

export interface InsertNode extends NodeBase {
  readonly kind: 'insert';
  readonly table: TableDescriptor;
  /** Gives all live columns in attnum order, defaults and coercions done. */
  readonly input: PhysicalNode;
  readonly rowChecks: RowChecks;
  readonly onConflict: {
    readonly action: 'nothing' | 'update';
    /** Arbiter indexes; empty for a bare DO NOTHING (any unique index). */
    readonly arbiters: readonly Arbiter[];
    /** New value of every live column over existing row's columns then excluded row's. */
    readonly set: readonly Expr[];
    readonly where: Expr | null;
  } | null;
  /** Over the live columns, after DO UPDATE followed by xmax; null without RETURNING. Output columns are these. */
  readonly returning: readonly Expr[] | null;
  /** The input's memory was borrowed for this statement alone. */
  readonly isLent?: boolean;
}

export interface UpdateNode extends NodeBase {
  readonly kind: 'update';
  readonly table: TableDescriptor;
  /** Gives: row ref, old live columns in attnum order, new live columns, then whatever RETURNING needs. */
  readonly input: PhysicalNode;
  readonly rowChecks: RowChecks;
  /** Over the new live columns, then the extra input columns. */
  readonly returning: readonly Expr[] | null;
}

export interface DeleteNode extends NodeBase {
  readonly kind: 'delete';
  readonly table: TableDescriptor;
  /** Gives: row ref, old live columns in attnum order, then whatever RETURNING needs. */
  readonly input: PhysicalNode;
  /** Over the old live columns, then the extra input columns. */
  readonly returning: readonly Expr[] | null;
}

/** SELECT ... FOR UPDATE / SHARE: locks the rows that pass through. */
export interface LockRowsNode extends NodeBase {
  readonly kind: 'lock-rows';
  readonly input: PhysicalNode;
  readonly targets: readonly { readonly table: TableDescriptor; readonly rowRefPosition: number }[];
  readonly strength: 'update' | 'share';
  readonly wait: 'block' | 'nowait' | 'skip-locked';
}

export type PhysicalNode =
  | TableScanNode
  | IndexScanNode
  | VirtualScanNode
  | ValuesNode
  | FunctionScanNode
  | ProjectSetNode
  | FilterNode
  | ProjectNode
  | AggregateNode
  | SortNode
  | TopNNode
  | BucketWindowNode
  | LimitNode
  | DistinctOnNode
  | DistinctNode
  | HashJoinNode
  | NestedLoopNode
  | FunctionLoopNode
  | AppendNode
  | SetOperationNode
  | WindowNode
  | CteScanNode
  | WithNode
  | ChoiceNode
  | RecursiveUnionNode
  | WorkTableNode
  | InsertNode
  | UpdateNode
  | DeleteNode
  | LockRowsNode;

/** A statement ready to run. */
export interface PhysicalPlan {
  readonly root: PhysicalNode;
  /** Number of exec-params that the statement uses. */
  readonly execParams: number;
  /** Types of $1, $2 ... as declared or inferred. */
  readonly parameterTypes: readonly SqlType[];
  /** OIDs of the relations read and written, for locks, privileges and cache invalidation. */
  readonly reads: readonly Oid[];
  /** Without what only views read: those are read with the rights of the view's owner. */
  readonly directReads: readonly Oid[];
  readonly writes: readonly Oid[];
  /** The relations of `writes` that the statement itself names. */
  readonly directWrites: readonly Oid[];
  readonly viewWrites: readonly ViewWrite[];
}

/** A table that is changed through views, each of which acts with the rights of its owner. */
export interface ViewWrite {
  /** The one that the statement names first. */
  readonly views: readonly Oid[];
  readonly table: Oid;
  /** Needed on each of them, as letters of ACLs. */
  readonly privileges: readonly ('a' | 'r' | 'w' | 'd')[];
  /** Whether other relations that the views name are read. An INSERT asks for them only to check or to answer. */
  readonly readsBehind: boolean;
}
