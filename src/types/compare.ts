/** The btree order of every type: total, with NaN greatest and -0 equal to 0. NULLs are the caller's. */
import { dbError, notSupported } from '../errors/db-error.ts';
import { compareBytes } from './bytea.ts';
import { formatType } from './format-type.ts';
import { compareIntervals } from './datetime/interval-math.ts';
import type { Interval } from './interval.ts';
import { compareJsonb, type Jsonb } from './jsonb.ts';
import { compareNetwork } from './network-address.ts';
import { compareNumeric } from './numeric.ts';
import type { PgArray } from './pg-array.ts';
import type { PgRecord } from './pg-record.ts';
import { compareBpchar, compareText } from './text.ts';
import type { TimeTz } from './time-tz.ts';
import { typeInfo } from './type-table.ts';
import { OID, vectorRep, type Oid, type SqlType } from './type.ts';
import type { Value } from './value.ts';

/** Compares two values of one type; negative, zero or positive. */
export type Comparator = (a: NonNullable<Value>, b: NonNullable<Value>) => number;

/** Numbers of any width, bigints included; NaN is greatest and equal to itself. */
export function compareNumbers(a: number | bigint, b: number | bigint): number {
  if (a < b) return -1;
  if (a > b) return 1;
  if (a === b) return 0;
  return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
}

/** Same instant first, then by zone, west before east reversed, as PostgreSQL orders timetz. */
export function compareTimeTz(a: TimeTz, b: TimeTz): number {
  const x = a.micros + a.zoneSecondsWest * 1_000_000;
  const y = b.micros + b.zoneSecondsWest * 1_000_000;
  return x - y || a.zoneSecondsWest - b.zoneSecondsWest;
}

/** Compares two values of the type. Throws where the type has no order. */
export function compareValues(oid: Oid, a: NonNullable<Value>, b: NonNullable<Value>): number {
  return comparatorFor(oid)(a, b);
}

/** True where the type's = operator holds. */
export function equalValues(oid: Oid, a: NonNullable<Value>, b: NonNullable<Value>): boolean {
  return a === b || comparatorFor(oid)(a, b) === 0;
}

/** The comparator of a type; look it up once outside a loop. */
export function comparatorFor(oid: Oid): Comparator {
  const known = COMPARATORS.get(oid);
  if (known !== undefined) return known;
  const comparator = buildComparator(oid);
  COMPARATORS.set(oid, comparator);
  return comparator;
}

/** True where values of the type can be ordered: json, xml and others cannot. */
export function isOrderable(oid: Oid): boolean {
  if (COMPARATORS.has(oid)) return true;
  const info = typeInfo(oid);
  if (info?.isArray === true) return isOrderable(info.element);
  return vectorRep(oid) === 'f64';
}

/** NULLs as array elements and record fields: equal to each other, after everything else. */
function compareNullable(comparator: Comparator, a: Value, b: Value): number {
  if (a === null) return b === null ? 0 : 1;
  return b === null ? -1 : comparator(a, b);
}

function compareArrays(a: PgArray, b: PgArray): number {
  if (a.elementType !== b.elementType) {
    throw dbError('datatype_mismatch', 'cannot compare arrays of different element types');
  }
  const x = a.values;
  const y = b.values;
  const common = Math.min(x.length, y.length);
  if (common > 0) {
    const comparator = comparatorFor(a.elementType);
    for (let i = 0; i < common; i++) {
      const difference = compareNullable(comparator, x[i] as Value, y[i] as Value);
      if (difference !== 0) return difference;
    }
  }
  return x.length - y.length || compareShapes(a, b);
}

/** Arrays of the same elements still differ by dimensions and lower bounds. */
function compareShapes(a: PgArray, b: PgArray): number {
  const count = a.dimensions.length;
  if (count !== b.dimensions.length) return count - b.dimensions.length;
  for (const field of ['dimensions', 'lowerBounds'] as const) {
    for (let i = 0; i < count; i++) {
      const difference = (a[field][i] as number) - (b[field][i] as number);
      if (difference !== 0) return difference;
    }
  }
  return 0;
}

function compareRecords(a: PgRecord, b: PgRecord): number {
  const count = Math.min(a.values.length, b.values.length);
  for (let i = 0; i < count; i++) {
    const left = (a.types[i] as SqlType).oid;
    const right = (b.types[i] as SqlType).oid;
    if (left !== right) {
      throw dbError('datatype_mismatch', {
        message: `cannot compare dissimilar column types ${formatType(left)} and ${formatType(right)} at record column ${i + 1}`,
      });
    }
    const x = a.values[i] as Value;
    const y = b.values[i] as Value;
    const difference = compareNullable(comparatorFor(left), x, y);
    if (difference !== 0) return difference;
  }
  if (a.values.length !== b.values.length) {
    throw dbError(
      'datatype_mismatch',
      'cannot compare record types with different numbers of columns',
    );
  }
  return 0;
}

/** The vector types compare by length first. */
function compareVectors(a: PgArray, b: PgArray): number {
  return a.values.length - b.values.length || compareArrays(a, b);
}

const numbers = compareNumbers as Comparator;
const text = compareText as Comparator;

const COMPARATORS = new Map<Oid, Comparator>([
  [OID.bool, (a, b) => Number(a) - Number(b)],
  [OID.text, text],
  [OID.varchar, text],
  [OID.name, text],
  [OID.unknown, text],
  [OID.cstring, text],
  [OID.char, text],
  [OID.uuid, text],
  [OID.bpchar, compareBpchar as Comparator],
  [OID.macaddr, text],
  [OID.inet, compareNetwork as Comparator],
  [OID.cidr, compareNetwork as Comparator],
  [OID.bytea, compareBytes as Comparator],
  [OID.numeric, compareNumeric as Comparator],
  [OID.interval, (a, b) => compareIntervals(a as Interval, b as Interval)],
  [OID.timetz, (a, b) => compareTimeTz(a as TimeTz, b as TimeTz)],
  [OID.jsonb, (a, b) => compareJsonb(a as Jsonb, b as Jsonb)],
  [OID.record, (a, b) => compareRecords(a as PgRecord, b as PgRecord)],
  [OID.oidvector, (a, b) => compareVectors(a as PgArray, b as PgArray)],
  [OID.int2vector, (a, b) => compareArrays(a as PgArray, b as PgArray)],
  [OID.tid, (a, b) => compareTids(a as string, b as string)],
  [OID.xid, numbers],
]);

function compareTids(a: string, b: string): number {
  const [x, y] = [a, b].map((tid) => tid.slice(1, -1).split(',').map(Number)) as [
    number[],
    number[],
  ];
  return (x[0] as number) - (y[0] as number) || (x[1] as number) - (y[1] as number);
}

function buildComparator(oid: Oid): Comparator {
  if (vectorRep(oid) === 'f64') return numbers;
  const info = typeInfo(oid);
  if (info === undefined) return (a, b) => compareRecords(a as PgRecord, b as PgRecord);
  if (info.isArray) return (a, b) => compareArrays(a as PgArray, b as PgArray);
  throw notSupported(`ordering values of type ${formatType(oid)}`);
}
