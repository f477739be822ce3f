/**
 * Compact definitions of functions and operators. A signature is written as PostgreSQL's manual writes
 * it, with internal type names: `substr(text, int4, int4) text`, `concat(variadic any) text`. The
 * implementation takes the arguments' values in order, then the context and the call.
 */
import type { Stepped } from '../base/steps.ts';
import type { Statistic } from '../vector/summary.ts';
import { InternalError } from '../errors/db-error.ts';
import { typeByInternalName } from '../types/type-table.ts';
import { OID, type Oid } from '../types/type.ts';
import { PgArray } from '../types/pg-array.ts';
import type { Value } from '../types/value.ts';
import type {
  AggregateFunction,
  CallInfo,
  EvalContext,
  OfSummaries,
  OverFrames,
  ScalarFunction,
  SqlOperator,
  TableFunction,
  Volatility,
} from './function.ts';

export interface Signature {
  readonly name: string;
  readonly argTypes: readonly Oid[];
  readonly returnType: Oid;
  readonly variadic: boolean;
}

/** Takes the argument values in order, then the EvalContext and the CallInfo. */
export type Implementation = (...args: never[]) => Value;

export type SteppedImplementation = (...args: never[]) => Stepped<Value>;

export interface ScalarOptions {
  /** Default true. */
  readonly strict?: boolean;
  /** Default immutable. */
  readonly volatility?: Volatility;
  readonly argNames?: readonly string[];
  readonly kernel?: ScalarFunction['kernel'];
  readonly ofBytes?: ScalarFunction['ofBytes'];
  readonly onBytes?: ScalarFunction['onBytes'];
  /** The implementation for large values; it takes what the other takes. */
  readonly inSteps?: SteppedImplementation | undefined;
  readonly isLong?: ScalarFunction['isLong'];
}

const SIGNATURE = /^([a-z_][a-z0-9_]*)\((.*)\) ([a-z0-9_]+(?:\[\])?)$/;

/** The OID of a type written by its internal name, `[]` after it for the array. */
export function typeOid(name: string): Oid {
  const internal = name.endsWith('[]') ? `_${name.slice(0, -2)}` : name;
  const info = typeByInternalName(internal);
  if (info === undefined) throw new InternalError(`unknown type ${name} in a signature`);
  return info.oid;
}

export function parseSignature(text: string): Signature {
  const match = SIGNATURE.exec(text);
  if (match === null) throw new InternalError(`malformed signature: ${text}`);
  const [, name, list, result] = match as unknown as [string, string, string, string];
  const args = list.trim() === '' ? [] : list.split(',').map((arg) => arg.trim());
  const variadic = args.at(-1)?.startsWith('variadic ') ?? false;
  return {
    name,
    argTypes: args.map((arg) => typeOid(arg.replace(/^variadic /, ''))),
    returnType: typeOid(result),
    variadic,
  };
}

/** A scalar function with a fixed number of arguments. */
export function scalar(
  signature: string,
  implementation: Implementation,
  options: ScalarOptions = {},
): ScalarFunction {
  const { name, argTypes, returnType, variadic } = parseSignature(signature);
  if (variadic) throw new InternalError(`${name}: use scalarVariadic`);
  return {
    kind: 'scalar',
    name,
    argTypes,
    returnType,
    strict: options.strict ?? true,
    volatility: options.volatility ?? 'immutable',
    ...(options.argNames === undefined ? {} : { argNames: options.argNames }),
    kernel: options.kernel,
    ofBytes: options.ofBytes,
    onBytes: options.onBytes,
    inSteps: steppedByArity(options.inSteps),
    isLong: options.isLong,
    evaluate: byArity(argTypes.length, implementation),
  };
}

function steppedByArity(steps: SteppedImplementation | undefined): ScalarFunction['inSteps'] {
  if (steps === undefined) return undefined;
  const call = steps as unknown as (...args: unknown[]) => Stepped<Value>;
  return (args, context, info) => call(...args, context, info);
}

type Evaluate = ScalarFunction['evaluate'];
type Loose = (...args: unknown[]) => Value;

/** Avoids spreading for the usual numbers of arguments. */
function byArity(arity: number, implementation: Implementation): Evaluate {
  const call = implementation as unknown as Loose;
  switch (arity) {
    case 0:
      return (_args, context, info) => call(context, info);
    case 1:
      return (args, context, info) => call(args[0], context, info);
    case 2:
      return (args, context, info) => call(args[0], args[1], context, info);
    case 3:
      return (args, context, info) => call(args[0], args[1], args[2], context, info);
    default:
      return (args, context, info) => call(...args, context, info);
  }
}

/**
 * A scalar function whose last argument repeats. The implementation gets the repeated arguments as one
 * list, whether the call passed them singly or as VARIADIC array.
 */
export function scalarVariadic(
  signature: string,
  implementation: (
    fixed: readonly Value[],
    rest: readonly Value[],
    context: EvalContext,
    call: CallInfo,
  ) => Value,
  options: ScalarOptions = {},
): ScalarFunction {
  const { name, argTypes, returnType } = parseSignature(signature);
  const fixedCount = argTypes.length - 1;
  // A list of text never holds an array itself, so a lone array must be the list.
  const takesOneType = argTypes[fixedCount] !== OID.any;
  const restOf = (args: readonly Value[], call: CallInfo): readonly Value[] => {
    const rest = args.slice(fixedCount);
    const only = rest[0];
    const isArray =
      rest.length === 1 && only instanceof PgArray && (call.variadicArray === true || takesOneType);
    return isArray ? only.values : rest;
  };
  const inSteps = options.inSteps as unknown as
    | ((...args: unknown[]) => Stepped<Value>)
    | undefined;
  return {
    kind: 'scalar',
    name,
    argTypes,
    returnType,
    variadic: true,
    strict: options.strict ?? true,
    volatility: options.volatility ?? 'immutable',
    evaluate: (args, context, call) =>
      implementation(args.slice(0, fixedCount), restOf(args, call), context, call),
    inSteps:
      inSteps === undefined
        ? undefined
        : (args, context, call) =>
            inSteps(args.slice(0, fixedCount), restOf(args, call), context, call),
  };
}

export interface OperatorOptions {
  readonly kernel?: ScalarFunction['kernel'];
  readonly strict?: boolean;
  readonly volatility?: Volatility;
  readonly inSteps?: SteppedImplementation | undefined;
  readonly isLong?: ScalarFunction['isLong'];
}

/** An operator; written `int4 + int4 = int4`, or `- int4 = int4` for a prefix operator. */
export function operator(
  shape: string,
  implementation: Implementation,
  options: OperatorOptions = {},
): SqlOperator {
  const parts = shape.split(' ');
  const isPrefix = parts.length === 4;
  const [left, name, right, , result] = (isPrefix ? ['', ...parts] : parts) as [
    string,
    string,
    string,
    string,
    string,
  ];
  const leftOid = isPrefix ? 0 : typeOid(left);
  const rightOid = typeOid(right);
  const resultOid = typeOid(result);
  return {
    name,
    left: leftOid,
    right: rightOid,
    result: resultOid,
    fn: {
      kind: 'scalar',
      name: '',
      argTypes: isPrefix ? [rightOid] : [leftOid, rightOid],
      returnType: resultOid,
      strict: options.strict ?? true,
      volatility: options.volatility ?? 'immutable',
      kernel: options.kernel,
      inSteps: steppedByArity(options.inSteps),
      isLong: options.isLong,
      evaluate: byArity(isPrefix ? 1 : 2, implementation),
    },
  };
}

export interface TableOptions {
  readonly strict?: boolean;
  readonly volatility?: Volatility;
  /** Several output columns: the function returns records. */
  readonly columns?: TableFunction['columns'];
  /** Name of the one output column where it differs from the function's. */
  readonly columnName?: string;
  readonly batches?: TableFunction['batches'];
  readonly argNames?: readonly string[];
}

/** A set-returning function; without `columns` it returns one column named like itself. */
export function table(
  signature: string,
  rows: TableFunction['rows'],
  options: TableOptions = {},
): TableFunction {
  const { name, argTypes, returnType, variadic } = parseSignature(signature);
  const columns =
    options.columns ??
    ((call: CallInfo) => [{ name: options.columnName ?? name, type: call.returnType }]);
  return {
    kind: 'table',
    name,
    argTypes,
    returnType,
    ...(variadic ? { variadic } : {}),
    ...(options.argNames === undefined ? {} : { argNames: options.argNames }),
    strict: options.strict ?? true,
    volatility: options.volatility ?? 'immutable',
    returnsRecord: options.columns !== undefined,
    returnsSet: true,
    columns,
    rows,
    batches: options.batches,
  };
}

export interface AggregateOptions {
  readonly orderedSetDirectArgs?: number;
  readonly orderInsensitive?: boolean;
  readonly statistics?: readonly Statistic[];
  readonly ofSummaries?: OfSummaries;
  readonly overFrames?: OverFrames;
}

/** An aggregate function. */
export function aggregate(
  signature: string,
  createAccumulator: AggregateFunction['createAccumulator'],
  options: AggregateOptions = {},
): AggregateFunction {
  const { name, argTypes, returnType } = parseSignature(signature);
  return {
    kind: 'aggregate',
    name,
    argTypes,
    returnType,
    volatility: 'immutable',
    createAccumulator,
    ...options,
  };
}
