/** Type modifiers: from the numbers in `varchar(30)` or `numeric(10,2)` to atttypmod. */
import { dbError, type DbError } from '../errors/db-error.ts';
import { OID, type Oid } from './type.ts';

/** Longest declared length of a character type. */
const CHARACTER_LENGTH_MAX = 10485760;
const NUMERIC_PRECISION_MAX = 1000;
const NUMERIC_SCALE_MIN = -1000;
const NUMERIC_SCALE_MAX = 1000;
const BIT_LENGTH_MAX = 83886080;
const TIME_PRECISION_MAX = 6;

const INTERVAL_FULL_RANGE = 0x7fff;
const INTERVAL_FULL_PRECISION = 0xffff;

/** Bits of an interval modifier's fields: `1 << field number`. */
export const INTERVAL_FIELD = {
  month: 1 << 1,
  year: 1 << 2,
  day: 1 << 3,
  hour: 1 << 10,
  minute: 1 << 11,
  second: 1 << 12,
} as const;

const F = INTERVAL_FIELD;
const INTERVAL_RANGES: ReadonlyMap<number, string> = new Map([
  [F.year, 'year'],
  [F.month, 'month'],
  [F.day, 'day'],
  [F.hour, 'hour'],
  [F.minute, 'minute'],
  [F.second, 'second'],
  [F.year | F.month, 'year to month'],
  [F.day | F.hour, 'day to hour'],
  [F.day | F.hour | F.minute, 'day to minute'],
  [F.day | F.hour | F.minute | F.second, 'day to second'],
  [F.hour | F.minute, 'hour to minute'],
  [F.hour | F.minute | F.second, 'hour to second'],
  [F.minute | F.second, 'minute to second'],
]);

/** Receives the warnings that an exceeded precision raises, which PostgreSQL only reduces. */
export type TypmodWarning = (warning: DbError) => void;

/**
 * The modifier that a type's parenthesised numbers stand for. For intervals these are, as the parser
 * gives them, the mask of fields and optionally the precision.
 */
export function encodeTypmod(
  oid: Oid,
  modifiers: readonly number[],
  warn: TypmodWarning = () => undefined,
): number {
  if (modifiers.length === 0) return -1;
  switch (oid) {
    case OID.varchar:
    case OID.varcharArray:
      return characterTypmod(modifiers, 'varchar');
    case OID.bpchar:
    case OID.bpcharArray:
      return characterTypmod(modifiers, 'char');
    case OID.numeric:
    case OID.numericArray:
      return numericTypmodOf(modifiers);
    case OID.timestamp:
    case OID.timestampArray:
      return precisionTypmod(modifiers, 'TIMESTAMP', '', warn);
    case OID.timestamptz:
    case OID.timestamptzArray:
      return precisionTypmod(modifiers, 'TIMESTAMP', ' WITH TIME ZONE', warn);
    case OID.time:
    case OID.timeArray:
      return precisionTypmod(modifiers, 'TIME', '', warn);
    case OID.timetz:
    case TIMETZ_ARRAY:
      return precisionTypmod(modifiers, 'TIME', ' WITH TIME ZONE', warn);
    case OID.interval:
    case OID.intervalArray:
      return intervalTypmod(modifiers, warn);
    case OID.bit:
    case BIT_ARRAY:
      return bitTypmod(modifiers, 'bit');
    case OID.varbit:
    case VARBIT_ARRAY:
      return bitTypmod(modifiers, 'varbit');
    default:
      throw dbError('syntax_error', 'type modifier is not allowed for this type');
  }
}

const TIMETZ_ARRAY = 1270;
const BIT_ARRAY = 1561;
const VARBIT_ARRAY = 1563;

/** The part of an interval's name behind `interval`: ` day to second(3)`, `(2)` or nothing. */
export function intervalTypmodText(typmod: number): string {
  const precision = typmod & INTERVAL_FULL_PRECISION;
  const range = (typmod >> 16) & INTERVAL_FULL_RANGE;
  const fields = INTERVAL_RANGES.get(range);
  const name = fields === undefined ? '' : ` ${fields}`;
  return precision === INTERVAL_FULL_PRECISION ? name : `${name}(${precision})`;
}

function invalid(message: string): DbError {
  return dbError('invalid_parameter_value', message);
}

function characterTypmod(modifiers: readonly number[], name: string): number {
  if (modifiers.length !== 1) throw invalid('invalid type modifier');
  const length = modifiers[0] as number;
  if (length < 1) throw invalid(`length for type ${name} must be at least 1`);
  if (length > CHARACTER_LENGTH_MAX) {
    throw invalid(`length for type ${name} cannot exceed ${CHARACTER_LENGTH_MAX}`);
  }
  return length + 4;
}

function bitTypmod(modifiers: readonly number[], name: string): number {
  if (modifiers.length !== 1) throw invalid('invalid type modifier');
  const length = modifiers[0] as number;
  if (length < 1) throw invalid(`length for type ${name} must be at least 1`);
  if (length > BIT_LENGTH_MAX)
    throw invalid(`length for type ${name} cannot exceed ${BIT_LENGTH_MAX}`);
  return length;
}

function numericTypmodOf(modifiers: readonly number[]): number {
  const [precision = 0, scale = 0] = modifiers;
  if (modifiers.length > 2) throw invalid('invalid NUMERIC type modifier');
  if (precision < 1 || precision > NUMERIC_PRECISION_MAX) {
    throw invalid(`NUMERIC precision ${precision} must be between 1 and ${NUMERIC_PRECISION_MAX}`);
  }
  if (scale < NUMERIC_SCALE_MIN || scale > NUMERIC_SCALE_MAX) {
    throw invalid(
      `NUMERIC scale ${scale} must be between ${NUMERIC_SCALE_MIN} and ${NUMERIC_SCALE_MAX}`,
    );
  }
  return ((precision << 16) | (scale & 0x7ff)) + 4;
}

function precisionTypmod(
  modifiers: readonly number[],
  name: string,
  zone: string,
  warn: TypmodWarning,
): number {
  if (modifiers.length !== 1) throw invalid('invalid type modifier');
  return boundedPrecision(modifiers[0] as number, name, zone, warn);
}

function boundedPrecision(
  precision: number,
  name: string,
  zone: string,
  warn: TypmodWarning,
): number {
  if (precision < 0) throw invalid(`${name}(${precision})${zone} precision must not be negative`);
  if (precision <= TIME_PRECISION_MAX) return precision;
  const message = `${name}(${precision})${zone} precision reduced to maximum allowed, ${TIME_PRECISION_MAX}`;
  warn(invalid(message));
  return TIME_PRECISION_MAX;
}

function intervalTypmod(modifiers: readonly number[], warn: TypmodWarning): number {
  const [range = INTERVAL_FULL_RANGE, precision] = modifiers;
  if (range !== INTERVAL_FULL_RANGE && !INTERVAL_RANGES.has(range)) {
    throw invalid('invalid INTERVAL type modifier');
  }
  if (modifiers.length > 2) throw invalid('invalid INTERVAL type modifier');
  if (precision === undefined) {
    return range === INTERVAL_FULL_RANGE ? -1 : (range << 16) | INTERVAL_FULL_PRECISION;
  }
  return (range << 16) | boundedPrecision(precision, 'INTERVAL', '', warn);
}
