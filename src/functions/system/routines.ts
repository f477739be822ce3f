/** What pg_proc's helpers say about functions: arguments and results as SQL text. */
import { quoteIdentifier } from '../../base/identifier.ts';
import { dbError } from '../../errors/db-error.ts';
import { formatType } from '../../types/format-type.ts';
import type { Oid } from '../../types/type.ts';
import { scalar } from '../define.ts';
import type { EvalContext, FunctionRegistry, ScalarFunction, SqlFunction } from '../function.ts';

function argumentList(fn: SqlFunction): string {
  return fn.argTypes
    .map((oid, i) => {
      const isVariadic = fn.variadic === true && i === fn.argTypes.length - 1;
      const name = fn.argNames?.[i];
      const label = name === undefined ? '' : `${name} `;
      return `${isVariadic ? 'VARIADIC ' : ''}${label}${formatType(oid)}`;
    })
    .join(', ');
}

function resultText(fn: SqlFunction): string {
  const type = formatType(fn.returnType);
  return fn.kind === 'table' && fn.returnsSet ? `SETOF ${type}` : type;
}

const PARALLEL = new Map([
  ['s', ' PARALLEL SAFE'],
  ['r', ' PARALLEL RESTRICTED'],
  ['u', ''],
]);

/** The statement that would make a built-in function, as far as it is known here. */
function functionDefinition(fn: SqlFunction, oid: Oid, context: EvalContext): string {
  if (fn.kind === 'aggregate') {
    throw dbError('wrong_object_type', `"${fn.name}" is an aggregate function`);
  }
  const fact = context.sqlTexts?.routine(oid);
  const isStrict = (fn.kind === 'scalar' || fn.kind === 'table') && fn.strict;
  const properties = [
    fn.kind === 'window' ? ' WINDOW' : '',
    fn.volatility === 'volatile' ? '' : ` ${fn.volatility.toUpperCase()}`,
    PARALLEL.get(fact?.parallel ?? 's') ?? '',
    isStrict ? ' STRICT' : '',
  ].join('');
  const source = fact === undefined || fact.source === '' ? fn.name : fact.source;
  return [
    `CREATE OR REPLACE FUNCTION pg_catalog.${quoteIdentifier(fn.name)}(${argumentList(fn)})`,
    ` RETURNS ${resultText(fn)}`,
    ' LANGUAGE internal',
    ...(properties === '' ? [] : [properties]),
    `AS $function$${source}$function$`,
    '',
  ].join('\n');
}

/** The functions, over the registry that they are part of. */
export function routineFunctions(registry: () => FunctionRegistry): readonly ScalarFunction[] {
  const describe = (signature: string, describer: (fn: SqlFunction) => string): ScalarFunction =>
    scalar(
      signature,
      (oid: Oid) => {
        const fn = registry().functionByOid(oid);
        return fn === undefined ? null : describer(fn);
      },
      { volatility: 'stable' },
    );
  return [
    describe('pg_get_function_arguments(oid) text', argumentList),
    describe('pg_get_function_identity_arguments(oid) text', argumentList),
    describe('pg_get_function_result(oid) text', resultText),
    scalar(
      'pg_get_functiondef(oid) text',
      (oid: Oid, context: EvalContext) => {
        const fn = registry().functionByOid(oid);
        return fn === undefined ? null : functionDefinition(fn, oid, context);
      },
      { volatility: 'stable' },
    ),
  ];
}
