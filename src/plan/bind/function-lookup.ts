/** Finds the function that a call means. */
import { OID, sqlType, type Oid, type SqlType } from '../../types/type.ts';
import type { DbError } from '../../errors/db-error.ts';
import type { CallInfo, SqlFunction } from '../../functions/function.ts';
import type { Expr } from '../expr.ts';
import { constant, resolveUnknown } from './coerce.ts';
import { isPolymorphic, resolvePolymorphic, resolveTarget } from './coercion-rules.ts';
import type { BindContext } from './context.ts';
import { functionStyleCast, type BoundArgs } from './functions.ts';
import { coerceArgument } from './operators.ts';
import { matchingCandidates, selectCandidate } from './overload.ts';
import { elementType, rowTypeFields, typeText } from './types.ts';

export interface ResolvedFunction<F extends SqlFunction = SqlFunction> {
  readonly fn: F;
  readonly args: readonly Expr[];
  readonly call: CallInfo;
}

export interface CallShape {
  readonly variadic: boolean;
  readonly star: boolean;
  readonly location: number | undefined;
  readonly castAllowed: boolean;
}

export type FunctionResolution =
  | { readonly kind: 'function'; readonly match: ResolvedFunction }
  | { readonly kind: 'cast'; readonly type: SqlType; readonly error: DbError }
  | { readonly kind: 'none'; readonly error: DbError };

interface FunctionCandidate {
  readonly fn: SqlFunction;
  /** Declared type for each argument of the call, in the call's order. */
  readonly argTypes: readonly Oid[];
  /** Position in the declaration of each argument of the call. */
  readonly slots: readonly number[];
  readonly expanded: boolean;
}

/** Schemas whose functions are the built-in ones: extensions put theirs into public. */
const FUNCTION_SCHEMAS = new Set(['pg_catalog', 'public', 'information_schema']);

export function resolveFunction(
  context: BindContext,
  names: readonly string[],
  bound: BoundArgs,
  shape: CallShape,
): FunctionResolution {
  const name = names[names.length - 1];
  const inputs = bound.args.map((arg) => arg.type.oid);
  const candidates = collectCandidates(context, names, bound, shape);
  let best = candidates.find(({ argTypes }) => argTypes.every((oid, i) => oid === inputs[i]));
  if (best === undefined && shape.castAllowed && bound.names.every((n) => n === undefined)) {
    const target = functionStyleCast(context, names, bound.args);
    // A function of that name that fits goes before the cast, as `date(timestamp)` does.
    if (target !== undefined && matchingCandidates(context, inputs, candidates).length === 0) {
      return {
        kind: 'cast',
        type: sqlType(target),
        error: missing(context, names, inputs, bound, shape),
      };
    }
    if (target !== undefined && inputs[0] === OID.unknown) {
      return {
        kind: 'cast',
        type: sqlType(target),
        error: missing(context, names, inputs, bound, shape),
      };
    }
  }
  if (best === undefined) {
    const matching = preferFixed(matchingCandidates(context, inputs, candidates));
    if (matching.length === 0)
      return { kind: 'none', error: missing(context, names, inputs, bound, shape) };
    best = selectCandidate(context, inputs, matching);
    if (best === undefined) return { kind: 'none', error: ambiguous(context, name, inputs, shape) };
  }
  return { kind: 'function', match: finish(context, best, bound, shape) };
}

function collectCandidates(
  context: BindContext,
  names: readonly string[],
  bound: BoundArgs,
  shape: CallShape,
): FunctionCandidate[] {
  const name = names[names.length - 1];
  if (names.length > 1) {
    const schema = names[names.length - 2];
    if (context.env.catalog.schemaByName(schema) === undefined && schema !== 'pg_catalog') {
      throw context.error(
        'invalid_schema_name',
        `schema "${schema}" does not exist`,
        shape.location,
      );
    }
    if (!FUNCTION_SCHEMAS.has(schema)) return [];
  }
  const candidates: FunctionCandidate[] = [];
  for (const fn of context.env.registry.functions(name)) {
    const candidate = candidateFor(context, fn, bound, shape);
    if (candidate !== undefined) candidates.push(candidate);
  }
  return candidates;
}

function candidateFor(
  context: BindContext,
  fn: SqlFunction,
  bound: BoundArgs,
  shape: CallShape,
): FunctionCandidate | undefined {
  const declared = fn.argTypes;
  const given = bound.args.length;
  if (shape.star && (declared.length > 0 || fn.kind !== 'aggregate')) {
    return fn.kind === 'aggregate' ? undefined : { fn, argTypes: [], slots: [], expanded: false };
  }
  if (!shape.star && fn.kind === 'aggregate' && declared.length === 0) return undefined;
  const required = declared.length - (fn.optionalArgs ?? 0);
  if (bound.names.some((name) => name !== undefined)) return namedCandidate(fn, bound, required);
  const slots = bound.args.map((_, i) => Math.min(i, declared.length - 1));
  if (fn.variadic === true && !shape.variadic) {
    if (given < declared.length) return undefined;
    const last = declared[declared.length - 1];
    const item = variadicItem(context, last);
    return {
      fn,
      argTypes: slots.map((slot) => (slot === declared.length - 1 ? item : declared[slot])),
      slots,
      expanded: true,
    };
  }
  if (shape.variadic && fn.variadic !== true) return undefined;
  if (given > declared.length || given < required) return undefined;
  return { fn, argTypes: declared.slice(0, given), slots, expanded: false };
}

function variadicItem(context: BindContext, declared: Oid): Oid {
  if (declared === OID.any) return OID.any;
  if (declared === OID.anyarray) return OID.anyelement;
  if (declared === OID.anycompatiblearray) return OID.anycompatible;
  return elementType(context, declared) || declared;
}

function namedCandidate(
  fn: SqlFunction,
  bound: BoundArgs,
  required: number,
): FunctionCandidate | undefined {
  if (fn.argNames === undefined || fn.variadic === true) return undefined;
  const slots: number[] = [];
  for (let i = 0; i < bound.args.length; i++) {
    const name = bound.names[i];
    const slot = name === undefined ? i : fn.argNames.indexOf(name);
    if (slot < 0 || slot >= fn.argTypes.length || slots.includes(slot)) return undefined;
    slots.push(slot);
  }
  for (let i = 0; i < required; i++) if (!slots.includes(i)) return undefined;
  return { fn, argTypes: slots.map((slot) => fn.argTypes[slot]), slots, expanded: false };
}

/** Of equal signatures the one without variadic expansion wins. */
function preferFixed(candidates: FunctionCandidate[]): FunctionCandidate[] {
  if (candidates.length < 2) return candidates;
  return candidates.filter(
    (candidate) =>
      !candidate.expanded ||
      !candidates.some(
        (other) =>
          !other.expanded && other.argTypes.every((oid, i) => oid === candidate.argTypes[i]),
      ),
  );
}

function finish(
  context: BindContext,
  candidate: FunctionCandidate,
  bound: BoundArgs,
  shape: CallShape,
): ResolvedFunction {
  const { fn } = candidate;
  const inputs = bound.args.map((arg) => arg.type.oid);
  const match = resolvePolymorphic(context, inputs, candidate.argTypes);
  const targets = match?.targets ?? candidate.argTypes;
  const usesPolymorphic =
    isPolymorphic(fn.returnType) || candidate.argTypes.some((oid) => isPolymorphic(oid));
  let element = match?.element ?? 0;
  if (usesPolymorphic && element === OID.unknown && isSimple(candidate.argTypes)) {
    // TimescaleDB's functions, whose arguments have names, take untyped intervals.
    if (isSimple([fn.returnType]) || fn.argNames === undefined) {
      throw context.error(
        'datatype_mismatch',
        'could not determine polymorphic type because input has type unknown',
        shape.location,
      );
    }
    element = OID.text;
  }
  const coerced = bound.args.map((arg, i) => {
    const target = targets[i];
    // Untyped literals given to "any" are text, as their output function would print them.
    if (target === OID.any || target === OID.unknown) return resolveUnknown(context, arg);
    return coerceArgument(context, arg, target, shape.location);
  });
  const { args, argTypes, leftOut } = arrange(candidate, coerced);
  const returnType = sqlType(
    resolveTarget(context, fn.returnType, element, match?.compatible ?? 0),
  );
  const fields = rowTypeFields(context, returnType.oid);
  const call: CallInfo = {
    argTypes,
    returnType,
    ...(shape.variadic ? { variadicArray: true } : {}),
    ...(fields === undefined ? {} : { columnDefinitions: fields }),
    ...(leftOut.length > 0 ? { leftOut } : {}),
  };
  return { fn, args, call };
}

const isSimple = (types: readonly Oid[]): boolean =>
  types.some((oid) => oid === OID.anyelement || oid === OID.anyarray || oid === OID.anynonarray);

interface ArrangedArgs {
  readonly args: Expr[];
  readonly argTypes: SqlType[];
  readonly leftOut: readonly number[];
}

/** Puts named arguments in declared order and constants where optional ones were left out. */
function arrange(candidate: FunctionCandidate, args: readonly Expr[]): ArrangedArgs {
  const { fn, slots } = candidate;
  if (candidate.expanded) {
    return { args: args.slice(), argTypes: args.map((arg) => arg.type), leftOut: [] };
  }
  const leftOut: number[] = [];
  const list: Expr[] = fn.argTypes.map((oid, slot) => {
    const given = slots.indexOf(slot);
    if (given >= 0) return args[given];
    leftOut.push(slot);
    return constant(sqlType(oid), fn.optionalValue ?? null);
  });
  return { args: list, argTypes: list.map((arg) => arg.type), leftOut };
}

function signature(
  context: BindContext,
  names: readonly string[],
  inputs: readonly Oid[],
  bound: BoundArgs,
  shape: CallShape,
): string {
  const args = inputs.map((oid, i) => {
    const name = bound.names[i];
    const type = typeText(context, oid);
    return name === undefined ? type : `${name} => ${type}`;
  });
  return `${names.join('.')}(${shape.star ? '' : args.join(', ')})`;
}

function missing(
  context: BindContext,
  names: readonly string[],
  inputs: readonly Oid[],
  bound: BoundArgs,
  shape: CallShape,
): DbError {
  const name = names[names.length - 1];
  const known = context.env.registry.functions(name);
  if (
    bound.args.length === 0 &&
    !shape.star &&
    known.some((fn) => fn.kind === 'aggregate' && fn.argTypes.length === 0)
  ) {
    return context.error(
      'wrong_object_type',
      `${name}(*) must be used to call a parameterless aggregate function`,
      shape.location,
    );
  }
  return context.error(
    'undefined_function',
    `function ${signature(context, names, inputs, bound, shape)} does not exist`,
    shape.location,
    {
      hint: 'No function matches the given name and argument types. You might need to add explicit type casts.',
    },
  );
}

function ambiguous(
  context: BindContext,
  name: string,
  inputs: readonly Oid[],
  shape: CallShape,
): DbError {
  const args = inputs.map((oid) => typeText(context, oid)).join(', ');
  return context.error(
    'ambiguous_function',
    `function ${name}(${args}) is not unique`,
    shape.location,
    {
      hint: 'Could not choose a best candidate function. You might need to add explicit type casts.',
    },
  );
}
