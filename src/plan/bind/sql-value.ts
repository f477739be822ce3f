/** CURRENT_DATE, CURRENT_USER and their kin: calls of ordinary functions with a type of their own. */
import { OID, sqlType, type Oid } from '../../types/type.ts';
import { notSupported } from '../../errors/db-error.ts';
import type { NodeBody } from '../../parse/ast.ts';
import type { ScalarFunction } from '../../functions/function.ts';
import type { Expr } from '../expr.ts';
import { tryCoerce } from './coerce.ts';
import { findPath } from './coercion-rules.ts';
import type { BindContext } from './context.ts';
import type { Scope } from './scope.ts';

const FUNCTIONS: ReadonlyMap<string, readonly [string, Oid]> = new Map<
  string,
  readonly [string, Oid]
>([
  ['SVFOP_CURRENT_DATE', ['now', OID.date]],
  ['SVFOP_CURRENT_TIME', ['now', OID.timetz]],
  ['SVFOP_CURRENT_TIME_N', ['now', OID.timetz]],
  ['SVFOP_CURRENT_TIMESTAMP', ['now', OID.timestamptz]],
  ['SVFOP_CURRENT_TIMESTAMP_N', ['now', OID.timestamptz]],
  ['SVFOP_LOCALTIME', ['now', OID.time]],
  ['SVFOP_LOCALTIME_N', ['now', OID.time]],
  ['SVFOP_LOCALTIMESTAMP', ['now', OID.timestamp]],
  ['SVFOP_LOCALTIMESTAMP_N', ['now', OID.timestamp]],
  ['SVFOP_CURRENT_ROLE', ['current_user', OID.name]],
  ['SVFOP_CURRENT_USER', ['current_user', OID.name]],
  ['SVFOP_USER', ['current_user', OID.name]],
  ['SVFOP_SESSION_USER', ['session_user', OID.name]],
  ['SVFOP_CURRENT_CATALOG', ['current_database', OID.name]],
  ['SVFOP_CURRENT_SCHEMA', ['current_schema', OID.name]],
]);

export function bindSqlValueFunction(node: NodeBody<'SQLValueFunction'>, scope: Scope): Expr {
  const context = scope.context;
  const entry = FUNCTIONS.get(node.op ?? '');
  const fn =
    entry === undefined
      ? undefined
      : context.env.registry
          .functions(entry[0])
          .find((f) => f.kind === 'scalar' && f.argTypes.length === 0);
  if (entry === undefined || fn?.kind !== 'scalar') {
    throw notSupported(node.op ?? 'SQL value function', context.position(node.location));
  }
  const typmod = node.typmod ?? -1;
  const target = sqlType(entry[1], typmod < 0 ? -1 : Math.min(typmod, 6));
  const named = namedFunction(
    context,
    (node.op ?? '').replace(/^SVFOP_|_N$/g, '').toLowerCase(),
    fn,
    entry[1],
  );
  const returnType = sqlType(named.returnType);
  const call: Expr = {
    kind: 'call',
    type: returnType,
    fn: named,
    args: [],
    call: { argTypes: [], returnType },
  };
  return tryCoerce(context, call, target, 'explicit', node.location) ?? call;
}

const NAMED = new Map<string, ScalarFunction>();

/** The function under the keyword's own name and type, so that it is printed as it was written. */
function namedFunction(
  context: BindContext,
  name: string,
  fn: ScalarFunction,
  target: Oid,
): ScalarFunction {
  if (fn.name === name && fn.returnType === target) return fn;
  const known = NAMED.get(name);
  if (known !== undefined) return known;
  const path = findPath(context, fn.returnType, target, 'explicit');
  if (path === undefined) return fn;
  const { convert } = path;
  const named: ScalarFunction = {
    ...fn,
    name,
    returnType: target,
    kernel: undefined,
    evaluate(args, evalContext, call) {
      const value = fn.evaluate(args, evalContext, { ...call, returnType: sqlType(fn.returnType) });
      return value === null || convert === false
        ? value
        : convert(value, -1, evalContext.format, true);
    },
  };
  NAMED.set(name, named);
  return named;
}
