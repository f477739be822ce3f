/** Hand-made plans, functions and contexts for operator tests. */
import { comparatorFor } from '../../../src/types/compare.ts';
import type {
  AggregateFunction,
  CallInfo,
  EvalContext,
  ScalarFunction,
} from '../../../src/functions/function.ts';
import type { ExecContext } from '../../../src/exec/operator.ts';
import { execute } from '../../../src/exec/build.ts';
import { collectRows } from '../../../src/exec/run.ts';
import type { CallExpr, Expr } from '../../../src/plan/expr.ts';
import type {
  AggregateCall,
  PhysicalNode,
  SortKey,
  ValuesNode,
} from '../../../src/plan/physical.ts';
import type { StorageTransaction } from '../../../src/storage/storage.ts';
import { OID, type SqlType } from '../../../src/types/type.ts';
import type { Value } from '../../../src/types/value.ts';
import { dbError } from '../../../src/errors/db-error.ts';
import { valueAt, vectorFromValues, type Vector } from '../../../src/vector/vector.ts';
import { NEUTRAL_FORMAT } from '../../../src/types/neutral-format.ts';

export const INT4: SqlType = { oid: OID.int4, typmod: -1 };
export const INT8: SqlType = { oid: OID.int8, typmod: -1 };
export const FLOAT8: SqlType = { oid: OID.float8, typmod: -1 };
export const TEXT: SqlType = { oid: OID.text, typmod: -1 };
export const BOOL: SqlType = { oid: OID.bool, typmod: -1 };
export const TIMESTAMPTZ: SqlType = { oid: OID.timestamptz, typmod: -1 };
export const INT4_ARRAY: SqlType = { oid: 1007, typmod: -1 };

export const evalContext = {
  format: NEUTRAL_FORMAT,
  clock: { nowMicros: () => 0, monotonicMs: () => 0 },
  transactionMicros: 0,
  statementMicros: 0,
  catalog: { schema: () => ({ name: 'public' }), relation: () => undefined },
} as unknown as EvalContext;

/** A context without storage; `checkpoint` answers a promise now and then. */
export function testContext(extra: Partial<ExecContext> = {}): ExecContext {
  let turns = 0;
  return {
    eval: evalContext,
    transaction: {} as StorageTransaction,
    parameters: [],
    execParams: [],
    workMemoryBytes: 4 << 20,
    hashMemoryBytes: 4 << 20,
    temporaryFiles: undefined,
    cancel: { reason: undefined },
    checkpoint: () => (++turns % 7 === 0 ? Promise.resolve() : undefined),
    virtualRows: () => [],
    instrumentation: undefined,
    modified: new Map(),
    shared: new Map(),
    ...extra,
  };
}

export function column(type: SqlType, index: number): Expr {
  return { kind: 'column', type, index };
}

export function constant(type: SqlType, value: Value): Expr {
  return { kind: 'constant', type, value };
}

export function scalar(
  name: string,
  evaluate: (args: readonly Value[]) => Value,
  extra: Partial<ScalarFunction> = {},
): ScalarFunction {
  return {
    kind: 'scalar',
    name,
    argTypes: [],
    returnType: 0,
    volatility: 'immutable',
    strict: true,
    evaluate,
    ...extra,
  };
}

export function call(
  fn: ScalarFunction,
  type: SqlType,
  args: readonly Expr[],
  operator?: string,
): CallExpr {
  const info: CallInfo = { argTypes: args.map((arg) => arg.type), returnType: type };
  return { kind: 'call', type, fn, args, call: info, operator };
}

/** `left op right` over one type, by the type's comparator. */
export function comparison(operator: string, left: Expr, right: Expr): CallExpr {
  return call(comparisonFunction(operator, left.type.oid), BOOL, [left, right], operator);
}

export function comparisonFunction(operator: string, oid: number): ScalarFunction {
  return scalar(`compare${operator}`, ([a, b]) => {
    const order = comparatorFor(oid)(a!, b!);
    switch (operator) {
      case '=':
        return order === 0;
      case '<>':
        return order !== 0;
      case '<':
        return order < 0;
      case '<=':
        return order <= 0;
      case '>':
        return order > 0;
      default:
        return order >= 0;
    }
  });
}

export const addition = scalar('add', ([a, b]) => (a as number) + (b as number));

export const division = scalar('div', ([a, b]) => {
  if (b === 0) throw dbError('division_by_zero', 'division by zero');
  return Math.trunc((a as number) / (b as number));
});

export function and(...args: Expr[]): Expr {
  return { kind: 'and', type: BOOL, args };
}

export function values(types: readonly SqlType[], rows: readonly (readonly Value[])[]): ValuesNode {
  return {
    kind: 'values',
    columns: types.map((type, i) => ({ name: `c${i}`, type })),
    estimatedRows: rows.length,
    rows: rows.map((row) => row.map((value, i) => constant(types[i], value))),
  };
}

export function outputColumns(types: readonly SqlType[]): PhysicalNode['columns'] {
  return types.map((type, i) => ({ name: `o${i}`, type }));
}

export function sortKey(
  type: SqlType,
  index: number,
  descending = false,
  nullsFirst = descending,
): SortKey {
  return { expr: column(type, index), descending, nullsFirst };
}

export async function rowsOf(node: PhysicalNode, context = testContext()): Promise<Value[][]> {
  return collectRows(execute(node, context));
}

/** An aggregate that folds the non-NULL values of its first argument. */
export function foldAggregate(
  name: string,
  finish: (values: Value[]) => Value,
  type: SqlType,
  extra: Partial<AggregateFunction> = {},
): AggregateFunction {
  return {
    kind: 'aggregate',
    name,
    argTypes: [],
    returnType: type.oid,
    volatility: 'immutable',
    ...extra,
    createAccumulator: () => {
      const groups: Value[][] = [];
      const push = (group: number, [arg]: readonly Vector[], row: number): void => {
        const value = valueAt(arg, row);
        if (value !== null) groups[group].push(value);
      };
      return {
        ensureGroups(count) {
          while (groups.length < count) groups.push([]);
        },
        add(rowGroups, args, start, end) {
          for (let i = start; i < end; i++) push(rowGroups[i], args, i);
        },
        addRun(group, args, start, end) {
          for (let i = start; i < end; i++) push(group, args, i);
        },
        finish: (count) =>
          vectorFromValues(
            type,
            groups.slice(0, count).map((group) => finish(group)),
          ),
      };
    },
  };
}

export const sum = foldAggregate(
  'sum',
  (group) => (group.length === 0 ? null : group.reduce<number>((a, b) => a + (b as number), 0)),
  FLOAT8,
);
/** Concatenates in arrival order, so that order mistakes show. */
export const joined = foldAggregate('joined', (group) => group.join(','), TEXT);

export function aggregateCall(
  fn: AggregateFunction,
  args: readonly Expr[],
  extra: Partial<AggregateCall> = {},
): AggregateCall {
  const type: SqlType = { oid: fn.returnType, typmod: -1 };
  return {
    fn,
    args,
    type,
    directArgs: [],
    distinct: false,
    filter: null,
    orderBy: [],
    call: { argTypes: args.map((arg) => arg.type), returnType: type },
    ...extra,
  };
}

/** A small seeded generator, so that failures can be repeated. */
export function randomSource(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    let mixed = state ^ (state >>> 15);
    mixed = Math.imul(mixed, 0x2c1b3c6d) >>> 0;
    mixed ^= mixed >>> 12;
    return (mixed >>> 0) % below;
  };
}

export function sortedText(rows: readonly (readonly Value[])[]): string[] {
  return rows.map((row) => row.map(String).join('|')).sort();
}
