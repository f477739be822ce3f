/**
 * The contract between SQL functions and those who call them. A function is data: its signature and one
 * plain implementation over values; hot ones add a vector kernel. The binder resolves names and
 * overloads against the registry (registry.ts); exec calls the implementations.
 *
 * Polymorphic signatures use PostgreSQL's pseudo-types (anyelement, anyarray, anynonarray, any,
 * anycompatible...); `CallInfo` carries what they resolved to.
 */
import type { Clock, Random } from '../base/env.ts';
import type { Stepped } from '../base/steps.ts';
import type { CatalogSnapshot } from '../catalog/catalog.ts';
import type { NoticeSeverity } from '../errors/db-error.ts';
import type { FormatSettings } from '../types/codec.ts';
import type { Oid, SqlType } from '../types/type.ts';
import type { Int64, Value } from '../types/value.ts';
import type { ColumnSummary, Statistic, Summaries } from '../vector/summary.ts';
import type { ByteSpan } from '../vector/dictionary.ts';
import type { Batch, Vector } from '../vector/vector.ts';

/** What a running statement offers to functions. */
export interface EvalContext {
  readonly format: FormatSettings;
  /** now(): the transaction's start, Int64 micros since 2000-01-01 UTC. */
  readonly transactionMicros: number;
  readonly statementMicros: number;
  readonly clock: Clock;
  readonly random: Random;
  /** The catalog as this statement sees it, own DDL included. */
  readonly catalog: CatalogSnapshot;
  readonly session: SessionView;
  readonly sequences: SequenceAccess;
  readonly admin: EngineAdmin;
  /** SQL texts for the pg_get_*def functions; without it they answer the stored texts. */
  readonly sqlTexts?: SqlTexts | undefined;
  notice(severity: NoticeSeverity, message: string, detail?: string, hint?: string): void;
}

/** Stored SQL as text for the session: names as its search_path needs them, plain or pretty. */
export interface SqlTexts {
  view(oid: Oid, pretty: boolean): string | undefined;
  expression(sql: string, relation: Oid, pretty: boolean): string;
  /** Bits of pg_relation_is_updatable; with `attnum`, for this column alone. */
  updatability(relation: Oid, attnum?: number): number;
  /** What pg_proc says of a built-in function beyond its signature. */
  routine(oid: Oid): { readonly source: string; readonly parallel: string } | undefined;
}

/** The session as functions see it. */
export interface SessionView {
  /** The same object as long as the session lasts, for what a function remembers from call to call. */
  readonly key: object;
  readonly processId: number;
  readonly databaseName: string;
  readonly sessionUser: Oid;
  currentUser(): Oid;
  /** Schemas of search_path that exist, in order; with `implicit`, pg_catalog where it is searched. */
  searchPath(implicit: boolean): readonly Oid[];
  /** Value of a setting as SHOW prints it, or undefined for an unknown name. */
  getSetting(name: string): string | undefined;
  setSetting(name: string, value: string, isLocal: boolean): string;
  readonly startMicros: number;
  readonly clientAddress: string | null;
  readonly clientPort: number | null;
}

export interface SequenceAccess {
  nextValue(sequence: Oid): Int64;
  currentValue(sequence: Oid): Int64;
  lastValue(): Int64;
  setValue(sequence: Oid, value: Int64, isCalled: boolean): void;
}

/**
 * What functions with effects on the engine use (create_hypertable, drop_chunks, advisory locks,
 * sizes). The engine implements it; rows of functions built on it come back asynchronously.
 */
export interface EngineAdmin {
  /** Runs a named operation of the engine with evaluated arguments and returns its rows. */
  call(operation: string, args: readonly Value[]): Promise<readonly (readonly Value[])[]>;
  /** Bytes that a relation takes in storage; 0 for an unknown OID. */
  relationBytes(relation: Oid): number;
  /** Rows that a relation holds, as far as known without a scan. */
  relationRows(relation: Oid): number;
}

/** A call as the binder resolved it. */
export interface CallInfo {
  readonly argTypes: readonly SqlType[];
  readonly returnType: SqlType;
  /** True where the call was written VARIADIC array: the last argument is that array, not spread. */
  readonly variadicArray?: boolean | undefined;
  /** Fields of the rows that the call gives: those of its row type, or as FROM f() AS (a int) defines them. */
  readonly columnDefinitions?: readonly FunctionColumn[] | undefined;
  /** Places of optional arguments that the call left out. */
  readonly leftOut?: readonly number[] | undefined;
}

export type Volatility = 'immutable' | 'stable' | 'volatile';

interface FunctionBase {
  /** Lower-case name in pg_catalog. */
  readonly name: string;
  readonly argTypes: readonly Oid[];
  /** Names for named notation (`origin => ...`), as long as argTypes where present. */
  readonly argNames?: readonly string[];
  /** Number of trailing arguments that a call may leave out. */
  readonly optionalArgs?: number;
  /** What arrives in the place of an argument that was left out; null where absent. */
  readonly optionalValue?: Value;
  /**
   * The last argument repeats. Its declared type is an array, as in pg_proc (the arguments are of its
   * element type and arrive one by one), or "any".
   */
  readonly variadic?: boolean;
  readonly returnType: Oid;
  readonly volatility: Volatility;
}

/** A number about a text, which is bytes[start, end). */
export type TextMeasure = (bytes: Uint8Array, start: number, end: number) => number;

/**
 * A text about a text: puts the span around the result, which may be a part of the text, or lie in memory that the
 * next call may use again. False where only the function itself can tell; then the span is as it was.
 */
export type BytesMap = (span: ByteSpan) => boolean;

/** An argument of a kernel: a vector, or one value for all rows. */
export type KernelArg =
  | Vector
  | { readonly rep: 'constant'; readonly type: SqlType; readonly value: Value };

export interface ScalarFunction extends FunctionBase {
  readonly kind: 'scalar';
  /** Strict functions are never called with a NULL argument: the result is NULL. */
  readonly strict: boolean;
  evaluate(args: readonly Value[], context: EvalContext, call: CallInfo): Value;
  /**
   * What `evaluate` gives, for arguments that are large: used instead of it, and of all that follows here, where
   * the caller may wait.
   */
  readonly inSteps?:
    | ((args: readonly Value[], context: EvalContext, call: CallInfo) => Stepped<Value>)
    | undefined;
  /**
   * Which arguments are taken in steps, where it is not their weight (STEP_WEIGHT) that tells: a few digits may
   * make many. Asked for each row.
   */
  readonly isLong?: ((args: readonly Value[]) => boolean) | undefined;
  /**
   * Whole-vector form. May decline with undefined (representation it does not know): the caller then
   * goes row by row. Strictness is the kernel's own job: a NULL argument row must come out NULL.
   */
  readonly kernel?:
    | ((
        args: readonly KernelArg[],
        length: number,
        call: CallInfo,
        context: EvalContext,
      ) => Vector | undefined)
    | undefined;
  /**
   * What an immutable function of one text gives for its UTF-8: no string need be made, and results are kept as
   * long as the dictionary that the text is in.
   */
  readonly ofBytes?: TextMeasure | undefined;
  /**
   * The function of one text and constants, of which this gets the arguments with NULL in the place of the text,
   * over UTF-8. It may raise what the function raises.
   */
  readonly onBytes?: ((constants: readonly Value[]) => BytesMap | undefined) | undefined;
  /** For functions that wait (pg_sleep, advisory locks): used instead of `evaluate`. */
  readonly evaluateAsync?:
    | ((args: readonly Value[], context: EvalContext, call: CallInfo) => Promise<Value>)
    | undefined;
}

/** The running states of one aggregate for all groups; groups are numbered from 0. */
export interface Accumulator {
  /** Makes room for groups 0..count-1; new groups start empty. */
  ensureGroups(count: number): void;
  /** Adds rows start..end-1 of the argument vectors; row i belongs to group groups[i]. */
  add(groups: Int32Array, args: readonly Vector[], start: number, end: number): void;
  /** Adds rows start..end-1, all of one group. The hot path of run-based aggregation. */
  addRun(group: number, args: readonly Vector[], start: number, end: number): void;
  /** Final values of groups 0..count-1. */
  finish(count: number): Vector;
  /**
   * Final values of groups first..end-1, each asked for once. Present where states are numbers in few arrays:
   * one accumulator has room for MANY_GROUPS, while others get few groups each.
   */
  finishRange?(first: number, end: number): Vector;
  /** Bytes that a group takes, where that is known. */
  readonly groupBytes?: number;
  /**
   * Adds whole stretches of rows; stretch i belongs to group groups[i]. `column` summarises the first
   * argument, and is undefined where there is none. Present where the function names its `statistics`.
   */
  addSummaries?(groups: Int32Array, column: ColumnSummary | undefined, all: Summaries): void;
  /**
   * Adds numbers that come several times, as if row i came counts[i] times in a row; none is NULL. Present
   * where the function `takesCounts`.
   */
  addCounted?(
    groups: Int32Array,
    arg: Vector,
    counts: Float64Array,
    start: number,
    end: number,
  ): void;
}

/** Sorted partitions with the frame of each row, [start, end). */
export interface FramedRows {
  readonly length: number;
  readonly args: readonly Vector[];
  readonly start: Int32Array;
  readonly end: Int32Array;
  readonly partitions: RowStretches;
  /** Whether each frame begins with its partition and none is shorter than the one before it. */
  readonly isRunning: boolean;
}

/** The aggregate's value for the frame of each row, in steps; undefined where it declines. */
export type OverFrames = (
  rows: FramedRows,
  call: CallInfo,
) => Generator<void, RowValues | undefined, void>;

export interface AggregateFunction extends FunctionBase {
  readonly kind: 'aggregate';
  /** For WITHIN GROUP aggregates: how many leading arguments are direct (evaluated once a group). */
  readonly orderedSetDirectArgs?: number;
  /** Where the order of input rows changes nothing, exec may skip an ORDER BY in the call. */
  readonly orderInsensitive?: boolean;
  /** Where the argument is a column of doubles, its accumulators have `addCounted`; they skip NULLs. */
  readonly takesCounts?: boolean;
  /** What it needs to know of its first argument to add summaries instead of rows; undefined: it can't. */
  readonly statistics?: readonly Statistic[] | undefined;
  /** The results of groups of which a summary each is all there is; their sums are safe integers. */
  readonly ofSummaries?: OfSummaries;
  /** For windows: all frames at once, where the function can do better than its accumulators. */
  readonly overFrames?: OverFrames;
  /** `direct` holds the direct arguments' values for ordered-set aggregates. */
  createAccumulator(call: CallInfo, context: EvalContext, direct: readonly Value[]): Accumulator;
}

/** Undefined where accumulators have to tell. */
export type OfSummaries = (all: Summaries, column: ColumnSummary | undefined) => Vector | undefined;

/** Rows that lie together, such as those of one partition. */
export interface RowStretches {
  /** Number of each row's stretch. */
  readonly groupOf: Int32Array;
  /** First row of each stretch, and the number of all rows at the end. */
  readonly starts: Int32Array;
}

/** Sorted partitions, one behind the other, as window functions see them; rows count over them all. */
export interface WindowRows {
  readonly length: number;
  readonly args: readonly Vector[];
  readonly partitions: RowStretches;
  /** Rows of a partition that its order does not tell apart. */
  readonly peers: RowStretches;
  /** Frame of each row as [start, end); rows that an EXCLUDE clause removes are asked separately. */
  readonly frames: { readonly start: Int32Array; readonly end: Int32Array };
  isExcluded(i: number, row: number): boolean;
  /** False where no row is ever excluded. */
  readonly excludesRows: boolean;
}

/** The values of rows start..end-1; asked for stretches of rows in their order. */
export type RowValues = (start: number, end: number) => Vector;

export interface WindowFunction extends FunctionBase {
  readonly kind: 'window';
  compute(rows: WindowRows, call: CallInfo, context: EvalContext): RowValues;
}

export interface FunctionColumn {
  readonly name: string;
  readonly type: SqlType;
}

/** A row that is none: a step of a set-returning function ends, and the next row is not there yet. */
export const PAUSE: readonly Value[] = [];

/** A set-returning function. */
export interface TableFunction extends FunctionBase {
  readonly kind: 'table';
  readonly strict: boolean;
  /** Output columns for a resolved call; one column named like the function for scalar sets. */
  columns(call: CallInfo): readonly FunctionColumn[];
  /** True where the result is one composite rather than a plain column (for SELECT f()). */
  readonly returnsRecord: boolean;
  /** False for functions that return exactly one row and only wear this form to be asynchronous. */
  readonly returnsSet: boolean;
  /** The rows, and PAUSE now and then where it takes long until the next one. */
  rows(
    args: readonly Value[],
    context: EvalContext,
    call: CallInfo,
  ): Iterable<readonly Value[]> | AsyncIterable<readonly Value[]>;
  /** Whole batches, where the function can do better than rows. */
  readonly batches?:
    | ((args: readonly Value[], context: EvalContext, call: CallInfo) => Iterable<Batch>)
    | undefined;
}

export type SqlFunction = ScalarFunction | AggregateFunction | WindowFunction | TableFunction;

/** An operator is a name for a scalar function over one or two types. */
export interface SqlOperator {
  readonly name: string;
  /** 0 for a prefix operator. */
  readonly left: Oid;
  readonly right: Oid;
  readonly result: Oid;
  readonly fn: ScalarFunction;
  readonly commutator?: string | undefined;
  readonly negator?: string | undefined;
}

/** Where the binder finds functions and operators. */
export interface FunctionRegistry {
  functions(name: string): readonly SqlFunction[];
  operators(name: string): readonly SqlOperator[];
  all(): Iterable<SqlFunction>;
  allOperators(): Iterable<SqlOperator>;
  /** PostgreSQL's OID for a built-in function, or a stable one of ours above 10000. */
  functionOid(fn: SqlFunction): Oid;
  functionByOid(oid: Oid): SqlFunction | undefined;
}
