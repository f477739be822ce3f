/** Field names of extract, date_part and date_trunc. */
import { dbError, type DbError } from '../../errors/db-error.ts';
import { CORE_TOKENS, tokenKey, UNIT_TOKENS, type Unit } from './tokens.ts';

/** A field name: a unit, a reserved word that is none here (`now`), or undefined for an unknown one. */
export function decodeUnit(text: string): Unit | 'reserved' | undefined {
  const cached = decoded.get(text);
  if (cached !== undefined) return cached;
  const key = tokenKey(text.toLowerCase());
  const unit = UNIT_TOKENS.get(key);
  const result = unit === undefined ? coreUnit(key) : unit === 'ago' ? undefined : unit;
  if (result !== undefined && text.length < 32 && decoded.size < 1000) decoded.set(text, result);
  return result;
}

const decoded = new Map<string, Unit | 'reserved'>();

function coreUnit(key: string): Unit | 'reserved' | undefined {
  const token = CORE_TOKENS.get(key);
  if (token?.kind === 'unit') return token.value;
  if (token?.kind !== 'reserved') return undefined;
  return token.value === 'epoch' ? 'epoch' : 'reserved';
}

/** A unit of intervals: what date_trunc knows. */
export function decodeIntervalUnit(text: string): Unit | undefined {
  const unit = UNIT_TOKENS.get(tokenKey(text.toLowerCase()));
  return unit === 'ago' ? undefined : unit;
}

export function unitNotRecognized(unit: string, typeName: string): DbError {
  return dbError(
    'invalid_parameter_value',
    `unit "${unit.toLowerCase()}" not recognized for type ${typeName}`,
  );
}

export function unitNotSupported(unit: string, typeName: string, detail?: string): DbError {
  return dbError('feature_not_supported', {
    message: `unit "${unit.toLowerCase()}" not supported for type ${typeName}`,
    detail,
  });
}
