/** Values as text, the way their type's output function or cast to text writes them. */
import { castValue } from '../../types/cast.ts';
import { codecFor } from '../../types/codecs.ts';
import { OID, type Oid } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import type { EvalContext } from '../function.ts';

/** The type's output function. */
export function outputText(oid: Oid, value: NonNullable<Value>, context: EvalContext): string {
  if (typeof value === 'string') return value;
  return codecFor(oid).formatText(value, context.format);
}

/** value::text, which differs for booleans (true, not t) and char(n) (no padding). */
export function castText(oid: Oid, value: NonNullable<Value>, context: EvalContext): string {
  if (oid === OID.text || oid === OID.varchar) return value as string;
  return castValue(value, oid, OID.text, -1, context.format) as string;
}
