/** IN lists of thousands of literals, which the parser keeps beside the tree. */
import { DbError } from '../../errors/db-error.ts';
import { itemOffset, type LongItems } from '../../parse/long-text.ts';
import { codecFor } from '../../types/codecs.ts';
import { PgArray } from '../../types/pg-array.ts';
import { OID, type Oid } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import type { BindContext } from './context.ts';

const INT4_MAX = 2_147_483_647;
const INT8_MAX = 9_223_372_036_854_775_807n;
const WHOLE = /^-?\d+$/;

/** Types of the items as literals have them, each once, in the order of their first items. */
export function itemTypes({ kind, values }: LongItems): readonly Oid[] {
  if (kind === 'string') return [OID.unknown];
  if (kind === 'integer') return areInt4(values) ? [OID.int4] : [OID.int4, OID.int8];
  const types: Oid[] = [];
  for (const value of values) {
    const type = numberType(value);
    if (!types.includes(type)) types.push(type);
  }
  return types;
}

function areInt4(values: readonly (number | string)[]): boolean {
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (value > INT4_MAX || value < -INT4_MAX - 1) return false;
  }
  return true;
}

/** The type of a literal of a number. */
export function numberType(value: number | string): Oid {
  if (typeof value === 'number') {
    return value <= INT4_MAX && value >= -INT4_MAX - 1 ? OID.int4 : OID.int8;
  }
  if (!WHOLE.test(value)) return OID.numeric;
  const whole = BigInt(value);
  if (whole <= INT4_MAX && whole >= -INT4_MAX - 1) return OID.int4;
  return whole <= INT8_MAX && whole >= -INT8_MAX - 1n ? OID.int8 : OID.numeric;
}

/** Types that literals of numbers have, or come to by an implicit cast, and their text says how. */
export const NUMBER_TYPES: ReadonlySet<Oid> = new Set<Oid>([
  OID.int4,
  OID.int8,
  OID.float4,
  OID.float8,
  OID.numeric,
]);

/** The items as an array of a type; undefined where that is not the way of their literals. */
export function itemArray(context: BindContext, items: LongItems, type: Oid): PgArray | undefined {
  if (items.kind !== 'string' && !NUMBER_TYPES.has(type)) return undefined;
  const isExact = type === OID.int4 || type === OID.int8 || type === OID.float8;
  // As they are: there may be a million of them.
  if (isExact && items.kind === 'integer') return new PgArray(type, items.values);
  const codec = codecFor(type);
  const { format } = context.env;
  const values: Value[] = [];
  try {
    for (const value of items.values) {
      const isPlain = isExact && typeof value === 'number';
      values.push(isPlain ? value : codec.parseText(String(value), -1, format));
    }
  } catch (error) {
    if (!(error instanceof DbError)) throw error;
    const before = context.env.sql.slice(0, itemOffset(context.env.sql, items, values.length));
    throw error.with({ position: [...before].length + 1 });
  }
  return new PgArray(type, values);
}
