/** Names, comments, visibility and sizes of objects. */
import { dbError } from '../../errors/db-error.ts';
import type { RegKind } from '../../types/codec.ts';
import { formatType } from '../../types/format-type.ts';
import { absNumeric, divideTruncate, multiplyNumeric } from '../../types/numeric-arithmetic.ts';
import { compareNumeric, formatNumeric, Numeric, parseNumeric } from '../../types/numeric.ts';
import { numericFromInt, numericToInt } from '../../types/numeric-convert.ts';
import { typeInfo } from '../../types/type-table.ts';
import type { Oid } from '../../types/type.ts';
import type { Int64, Value } from '../../types/value.ts';
import { scalar, scalarVariadic } from '../define.ts';
import { PgArray } from '../../types/pg-array.ts';
import type { CallInfo, EvalContext, ScalarFunction } from '../function.ts';
import { isVisible, lookUpName, shortestName } from './names.ts';

const STABLE = { volatility: 'stable' } as const;

/** format_type(): SQL spelling of a type, row types by the relation's name. */
function typeName(oid: Oid | null, typmod: number | null, context: EvalContext): string | null {
  if (oid === null) return null;
  if (oid === 0) return '-';
  if (typeInfo(oid) !== undefined) return formatType(oid, typmod);
  const relation = context.catalog.relationByRowType(oid);
  if (relation === undefined) return '???';
  const name = shortestName(relation, context);
  return 'rowArrayType' in relation && relation.rowArrayType === oid ? `${name}[]` : name;
}

function comment(oid: Oid, context: EvalContext): string | null {
  const object = context.catalog.object(oid);
  return object !== undefined && 'comment' in object ? (object.comment ?? null) : null;
}

function columnComment(oid: Oid, attnum: number, context: EvalContext): string | null {
  const relation = context.catalog.relation(oid);
  if (relation === undefined || !('columns' in relation)) return null;
  return relation.columns.find((column) => column.attnum === attnum)?.comment ?? null;
}

function isTypeVisible(oid: Oid, context: EvalContext): boolean | null {
  if (typeInfo(oid) !== undefined) return true;
  const relation = context.catalog.relationByRowType(oid);
  return relation === undefined ? null : isVisible(relation, context);
}

/** Objects that exist only in pg_catalog, which every search path holds. */
const ALWAYS_VISIBLE = [
  'function',
  'operator',
  'opclass',
  'opfamily',
  'collation',
  'conversion',
  'statistics_obj',
  'ts_config',
  'ts_dict',
  'ts_parser',
  'ts_template',
];

const TO_REG: readonly (readonly [string, RegKind])[] = [
  ['regclass', 'class'],
  ['regtype', 'type'],
  ['regproc', 'proc'],
  ['regprocedure', 'procedure'],
  ['regoper', 'oper'],
  ['regoperator', 'operator'],
  ['regnamespace', 'namespace'],
  ['regrole', 'role'],
  ['regcollation', 'collation'],
];

function indexBytes(oid: Oid, context: EvalContext): number {
  let bytes = 0;
  for (const index of context.catalog.indexesOf(oid))
    bytes += context.admin.relationBytes(index.oid);
  return bytes;
}

function bytesOf(oid: Oid, context: EvalContext): number | null {
  return context.catalog.relation(oid) === undefined ? null : context.admin.relationBytes(oid);
}

function databaseBytes(context: EvalContext): number {
  let bytes = 0;
  for (const { oid } of context.catalog.relations()) bytes += context.admin.relationBytes(oid);
  return bytes;
}

function databaseSize(name: string, context: EvalContext): number {
  if (name !== context.catalog.databaseName) {
    throw dbError('invalid_catalog_name', `database "${name}" does not exist`);
  }
  return databaseBytes(context);
}

const UNITS: readonly (readonly [string, bigint])[] = [
  ['bytes', 1n],
  ['kB', 1n << 10n],
  ['MB', 1n << 20n],
  ['GB', 1n << 30n],
  ['TB', 1n << 40n],
  ['PB', 1n << 50n],
];

/** A size in the largest unit that leaves at least 10, rounded half away from zero. */
function prettySize(size: Int64): string {
  const value = BigInt(size);
  const magnitude = value < 0n ? -value : value;
  for (let i = 0; i < UNITS.length; i++) {
    const [name, unit] = UNITS[i] as readonly [string, bigint];
    const limit = i === 0 ? 10240n : 20479n;
    // From kilobytes on, halves of the unit are compared: 20479 of them round to 10240.
    const scaled = i === 0 ? magnitude : magnitude / (unit / 2n);
    if (scaled < limit || i === UNITS.length - 1) {
      const rounded = i === 0 ? magnitude : (scaled + 1n) / 2n;
      return `${value < 0n ? '-' : ''}${rounded} ${name}`;
    }
  }
  return '';
}

const SIZE_TEXT = /^\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*([a-zA-Z]*)\s*$/;

function sizeBytes(text: string): Int64 {
  const match = SIZE_TEXT.exec(text);
  if (match === null) throw dbError('invalid_parameter_value', `invalid size: "${text}"`);
  const [, digits, unitName] = match as unknown as [string, string, string];
  const wanted = unitName.toLowerCase();
  const unit = UNITS.find(
    ([name]) =>
      name.toLowerCase() === wanted ||
      (wanted === '' && name === 'bytes') ||
      (wanted === 'b' && name === 'bytes'),
  );
  if (unit === undefined) {
    throw dbError('invalid_parameter_value', {
      message: `invalid size: "${text}"`,
      detail: `Invalid size unit: "${unitName}".`,
      hint: 'Valid units are "bytes", "kB", "MB", "GB", "TB", and "PB".',
    });
  }
  return numericToInt(multiplyNumeric(parseNumeric(digits), new Numeric(unit[1], 0)), 'bigint');
}

function countNulls(args: readonly Value[], call: CallInfo, wanted: boolean): number | null {
  const first = args[0] as Value;
  if (call.variadicArray === true && !(first instanceof PgArray)) return null;
  const values = call.variadicArray === true ? (first as PgArray).values : args;
  return values.filter((value) => (value === null) === wanted).length;
}

function nullCounter(name: string, wanted: boolean): ScalarFunction {
  const base = scalarVariadic(`${name}(variadic any) int4`, () => null, { strict: false });
  return { ...base, evaluate: (args, _context, call) => countNulls(args, call, wanted) };
}

export const objectFunctions: readonly ScalarFunction[] = [
  scalar('format_type(oid, int4) text', typeName, { strict: false, volatility: 'stable' }),
  scalar(
    'pg_typeof(any) regtype',
    (_value: Value, _context: EvalContext, call: CallInfo) =>
      (call.argTypes[0] as { oid: Oid }).oid,
    { strict: false, volatility: 'stable' },
  ),
  nullCounter('num_nulls', true),
  nullCounter('num_nonnulls', false),
  scalar(
    'pg_get_userbyid(oid) name',
    (oid: Oid, context: EvalContext) => context.catalog.role(oid)?.name ?? `unknown (OID=${oid})`,
    STABLE,
  ),
  scalar(
    'obj_description(oid, name) text',
    (oid: Oid, _catalog: string, context: EvalContext) => comment(oid, context),
    STABLE,
  ),
  scalar('obj_description(oid) text', comment, STABLE),
  scalar(
    'shobj_description(oid, name) text',
    (oid: Oid, _catalog: string, context: EvalContext) => comment(oid, context),
    STABLE,
  ),
  scalar('col_description(oid, int4) text', columnComment, STABLE),
  scalar(
    'pg_table_is_visible(oid) bool',
    (oid: Oid, context: EvalContext) => {
      const relation = context.catalog.relation(oid);
      return relation === undefined ? null : isVisible(relation, context);
    },
    STABLE,
  ),
  scalar('pg_type_is_visible(oid) bool', isTypeVisible, STABLE),
  ...ALWAYS_VISIBLE.map((kind) => scalar(`pg_${kind}_is_visible(oid) bool`, () => true, STABLE)),
  ...TO_REG.map(([type, kind]) =>
    scalar(
      `to_${type}(text) ${type}`,
      (name: string, context: EvalContext) => lookUpName(kind, name, context) ?? null,
      STABLE,
    ),
  ),
  scalar(
    'pg_relation_is_publishable(regclass) bool',
    (oid: Oid, context: EvalContext) => context.catalog.relation(oid)?.kind === 'table',
    STABLE,
  ),
  scalar(
    'pg_relation_filenode(regclass) oid',
    (oid: Oid, context: EvalContext) => (context.catalog.relation(oid) === undefined ? null : oid),
    STABLE,
  ),
  scalar('row_security_active(oid) bool', () => false, STABLE),
  scalar('pg_tablespace_location(oid) text', () => '', STABLE),
];

const VOLATILE = { volatility: 'volatile' } as const;

export const sizeFunctions: readonly ScalarFunction[] = [
  scalar('pg_relation_size(regclass) int8', bytesOf, VOLATILE),
  scalar(
    'pg_relation_size(regclass, text) int8',
    (oid: Oid, fork: string, context: EvalContext) => {
      if (!['main', 'fsm', 'vm', 'init'].includes(fork)) {
        throw dbError('invalid_parameter_value', {
          message: 'invalid fork name',
          hint: 'Valid fork names are "main", "fsm", "vm", and "init".',
        });
      }
      const bytes = bytesOf(oid, context);
      return bytes === null || fork === 'main' ? bytes : 0;
    },
    VOLATILE,
  ),
  scalar('pg_table_size(regclass) int8', bytesOf, VOLATILE),
  scalar(
    'pg_indexes_size(regclass) int8',
    (oid: Oid, context: EvalContext) =>
      context.catalog.relation(oid) === undefined ? null : indexBytes(oid, context),
    VOLATILE,
  ),
  scalar(
    'pg_total_relation_size(regclass) int8',
    (oid: Oid, context: EvalContext) => {
      const bytes = bytesOf(oid, context);
      return bytes === null ? null : bytes + indexBytes(oid, context);
    },
    VOLATILE,
  ),
  scalar('pg_database_size(name) int8', databaseSize, VOLATILE),
  scalar(
    'pg_database_size(oid) int8',
    (oid: Oid, context: EvalContext) =>
      oid === context.catalog.databaseOid ? databaseBytes(context) : null,
    VOLATILE,
  ),
  scalar('pg_size_pretty(int8) text', prettySize),
  scalar('pg_size_pretty(numeric) text', prettyNumericSize),
  scalar('pg_size_bytes(text) int8', sizeBytes),
];

/** Sizes beyond bytes are cut to whole units before they are rounded. */
function prettyNumericSize(size: Numeric): string {
  const limit = numericFromInt(10240);
  if (compareNumeric(absNumeric(size), limit) < 0) return `${formatNumeric(size)} bytes`;
  const whole = divideTruncate(size, new Numeric(1n, 0));
  return prettySize(whole.unscaled);
}
