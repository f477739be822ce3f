/** What pg_proc's helpers say about functions: arguments and results as SQL text. */
import { formatType } from '../../types/format-type.ts';
import type { Oid } from '../../types/type.ts';
import { scalar } from '../define.ts';
import type { FunctionRegistry, ScalarFunction, SqlFunction } from '../function.ts';

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
  ];
}
