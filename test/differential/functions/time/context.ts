/** What functions under test need of a statement. */
import type {
  EvalContext,
  ScalarFunction,
  SqlFunction,
} from '../../../../src/functions/function.ts';
import { timeFunctions } from '../../../../src/functions/time/index.ts';
import { OID, sqlType } from '../../../../src/types/type.ts';
import { SETTINGS } from '../../types/datetime/reference.ts';

/** A context of which only the session's zone and the time are used. */
export function contextFor(timeZone: string, nowMicros: number): EvalContext {
  return {
    format: { ...SETTINGS, timeZone, nowMicros },
    transactionMicros: nowMicros,
    statementMicros: nowMicros,
  } as unknown as EvalContext;
}

/** Finds an overload by the names of its argument types. */
export function scalarFunction(
  name: string,
  ...types: readonly (keyof typeof OID)[]
): ScalarFunction {
  const wanted = types.map((type) => OID[type]).join(',');
  const found = timeFunctions.find(
    (fn: SqlFunction) => fn.name === name && fn.argTypes.join(',') === wanted,
  );
  if (found?.kind !== 'scalar') throw new Error(`${name}(${types.join(', ')})`);
  return found;
}

export function callInfo(fn: ScalarFunction): Parameters<ScalarFunction['evaluate']>[2] {
  return { argTypes: fn.argTypes.map((oid) => sqlType(oid)), returnType: sqlType(fn.returnType) };
}
