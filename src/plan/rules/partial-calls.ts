/**
 * Aggregates over a join in two stages: what a call needs of the detail rows of each key, and how its value
 * follows from that once the keys are joined. A row of the other side counts as often as it has detail rows.
 */
import { InternalError } from '../../errors/db-error.ts';
import type { FunctionRegistry } from '../../functions/function.ts';
import { findCast } from '../../types/cast.ts';
import { OID, sqlType, type SqlType } from '../../types/type.ts';
import { exprEqual } from '../expr-walk.ts';
import type { Expr } from '../expr.ts';
import type { LogicalAggregateCall } from '../logical.ts';

const FLOAT8 = sqlType(OID.float8);
const INT8 = sqlType(OID.int8);
const BOOL = sqlType(OID.bool);

/** Which side of the join a call's argument is of. */
export type Side = 'detail' | 'other';

/** Collects the calls of both stages. */
export class PartialCalls {
  /** Over the detail rows, by key. */
  readonly partial: LogicalAggregateCall[] = [];
  /** Over the joined keys. */
  readonly final: LogicalAggregateCall[] = [];
  readonly #registry: FunctionRegistry;
  readonly #newId: () => number;

  constructor(registry: FunctionRegistry, newId: () => number) {
    this.#registry = registry;
    this.#newId = newId;
  }

  /** The call's value over the final stage's columns; undefined where it has no two stages. */
  add(call: LogicalAggregateCall, side: Side): Expr | undefined {
    const { fn, args, distinct, filter, orderBy, directArgs } = call;
    if (distinct || filter !== null || orderBy.length + directArgs.length > 0) return undefined;
    if (args.length === 0) {
      return fn.name === 'count' ? castTo(this.#sum(this.#rows()), INT8) : undefined;
    }
    const [arg, more] = args;
    if (more !== undefined) return undefined;
    switch (fn.name) {
      case 'count':
        return this.#count(arg, side);
      case 'sum':
        return this.#sumOf(call, arg, side);
      case 'avg':
        return this.#mean(arg, side);
      case 'min':
      case 'max':
        return this.#extreme(call, arg, side);
      default:
        return undefined;
    }
  }

  #count(arg: Expr, side: Side): Expr {
    if (side === 'detail') return castTo(this.#sum(this.#present(arg)), INT8);
    const none: Expr = { kind: 'constant', type: FLOAT8, value: 0 };
    const args = [this.#sum(this.#rows(), arg), none];
    return castTo({ kind: 'coalesce', type: FLOAT8, args }, INT8);
  }

  #sumOf(call: LogicalAggregateCall, arg: Expr, side: Side): Expr | undefined {
    const { oid } = arg.type;
    if (oid === OID.float8) return this.#sum(this.#weighted(arg, side));
    if (side === 'other' || (oid !== OID.int2 && oid !== OID.int4)) return undefined;
    const sums = this.#call(this.partial, 'sum', [arg], INT8);
    return castTo(this.#call(this.final, 'sum', [sums], sqlType(OID.numeric)), call.type);
  }

  #mean(arg: Expr, side: Side): Expr | undefined {
    const { oid } = arg.type;
    if (oid !== OID.float8 && oid !== OID.float4) return undefined;
    const total = this.#sum(this.#weighted(castTo(arg, FLOAT8), side));
    const count = side === 'detail' ? this.#sum(this.#present(arg)) : this.#sum(this.#rows(), arg);
    return this.#operator('/', total, count);
  }

  #extreme({ fn, type }: LogicalAggregateCall, arg: Expr, side: Side): Expr | undefined {
    if (fn.argTypes[0] !== fn.returnType) return undefined;
    const values = side === 'detail' ? this.#call(this.partial, fn.name, [arg], type) : arg;
    return this.#call(this.final, fn.name, [values], type);
  }

  /** Of each joined key: the sum of a double over the rows that it stands for. */
  #weighted(arg: Expr, side: Side): Expr {
    if (side === 'detail') return this.#call(this.partial, 'sum', [arg], FLOAT8);
    return this.#operator('*', arg, this.#rows());
  }

  /** Detail rows of each key. */
  #rows(): Expr {
    return castTo(this.#call(this.partial, 'count', [], INT8), FLOAT8);
  }

  /** Detail rows of each key that have a value. */
  #present(arg: Expr): Expr {
    return castTo(this.#call(this.partial, 'count', [arg], INT8), FLOAT8);
  }

  /** The total over the joined keys, with `present` over those only where that is not NULL. */
  #sum(values: Expr, present?: Expr): Expr {
    const filter: Expr | null =
      present === undefined ? null : { kind: 'is-null', type: BOOL, arg: present, negated: true };
    return this.#call(this.final, 'sum', [values], FLOAT8, filter);
  }

  /** The column of a call, which calls for the same share. */
  #call(
    calls: LogicalAggregateCall[],
    name: string,
    args: readonly Expr[],
    type: SqlType,
    filter: Expr | null = null,
  ): Expr {
    const known = calls.find((each) => isSameCall(each, name, args, filter));
    const column = known?.column ?? { id: this.#newId(), name, type };
    if (known === undefined) {
      const argTypes = args.map((arg) => arg.type);
      const call = { argTypes, returnType: type };
      const rest = { directArgs: [], orderBy: [], distinct: false };
      calls.push({
        fn: this.#aggregate(name, argTypes),
        call,
        args,
        filter,
        type,
        column,
        ...rest,
      });
    }
    return { kind: 'column', type, index: column.id };
  }

  #aggregate(name: string, argTypes: readonly SqlType[]): LogicalAggregateCall['fn'] {
    for (const fn of this.#registry.functions(name)) {
      if (fn.kind !== 'aggregate' || fn.argTypes.length !== argTypes.length) continue;
      const takesAll = fn.argTypes.every(
        (oid, i) => oid === argTypes[i].oid || (oid === OID.any && name === 'count'),
      );
      if (takesAll) return fn;
    }
    throw new InternalError(`no aggregate ${name}`);
  }

  #operator(name: '*' | '/', left: Expr, right: Expr): Expr {
    const operator = this.#registry
      .operators(name)
      .find((each) => each.left === OID.float8 && each.right === OID.float8);
    if (operator === undefined) throw new InternalError(`no operator ${name} for doubles`);
    return {
      kind: 'call',
      type: FLOAT8,
      fn: operator.fn,
      args: [left, right],
      call: { argTypes: [FLOAT8, FLOAT8], returnType: FLOAT8 },
      operator: name,
    };
  }
}

function isSameCall(
  call: LogicalAggregateCall,
  name: string,
  args: readonly Expr[],
  filter: Expr | null,
): boolean {
  if (call.fn.name !== name || call.args.length !== args.length) return false;
  if (!args.every((arg, i) => exprEqual(arg, call.args[i]))) return false;
  if (filter === null || call.filter === null) return filter === call.filter;
  return exprEqual(filter, call.filter);
}

function castTo(arg: Expr, type: SqlType): Expr {
  if (arg.type.oid === type.oid) return arg;
  const cast = findCast(arg.type.oid, type.oid);
  if (cast === undefined) throw new InternalError(`no cast to type ${type.oid}`);
  return { kind: 'cast', type, arg, convert: cast.convert, explicit: false, form: 'implicit' };
}
