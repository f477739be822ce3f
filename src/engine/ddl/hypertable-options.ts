/**
 * CREATE TABLE ... WITH (tsdb.hypertable, tsdb.partition_column = ..., ...): TimescaleDB's options, and
 * the checks that every way of making a hypertable shares.
 */
import type {
  ColumnDescriptor,
  HypertableDescriptor,
  TableDescriptor,
} from '../../catalog/catalog.ts';
import { dbError } from '../../errors/db-error.ts';
import { nodeAs, type Node } from '../../parse/ast.ts';
import { intervalCodecText } from '../interval-text.ts';
import { OID, type Oid } from '../../types/type.ts';
import { splitIdentifierList } from '../search-path.ts';
import { parseBooleanWord } from '../settings/parse-setting.ts';
import { createTimeIndex } from './hypertable-index.ts';
import type { TableDraft } from './table-draft.ts';

const DAY_MICROS = 86_400_000_000;
/** TimescaleDB's default chunk width. */
const DEFAULT_INTERVAL_MICROS = 7 * DAY_MICROS;

export const TIME_TYPES: ReadonlySet<Oid> = new Set<Oid>([
  OID.timestamptz,
  OID.timestamp,
  OID.date,
  OID.int2,
  OID.int4,
  OID.int8,
]);

/** Micros for timestamps, days for date; integers must say theirs. */
export function defaultChunkInterval(type: Oid): number {
  if (type === OID.date) return 7;
  if (type === OID.timestamp || type === OID.timestamptz) return DEFAULT_INTERVAL_MICROS;
  throw dbError('invalid_parameter_value', {
    message: 'integer dimensions require an explicit interval',
  });
}

/** A chunk width from an INTERVAL, in the unit of the time column. */
export function chunkIntervalFromMicros(type: Oid, micros: number): number {
  if (type !== OID.date) return micros;
  if (micros < DAY_MICROS) return 1;
  return Math.round(micros / DAY_MICROS);
}

export function requireTimeColumn(
  columns: readonly ColumnDescriptor[],
  name: string,
): ColumnDescriptor {
  const column = columns.find((candidate) => candidate.name === name && candidate.dropped !== true);
  if (column === undefined) throw dbError('undefined_column', `column "${name}" does not exist`);
  if (TIME_TYPES.has(column.type.oid)) return column;
  throw dbError('datatype_mismatch', {
    message: `invalid type for dimension "${name}"`,
    hint: 'Use an integer, timestamp, or date type.',
  });
}

/** Unique indexes of a hypertable must hold the time column (TimescaleDB's TS103). */
export function requireUniqueHasTime(
  table: string,
  timeColumn: ColumnDescriptor,
  indexes: readonly {
    readonly name: string;
    readonly unique: boolean;
    readonly keys: readonly { readonly column: number }[];
  }[],
): void {
  for (const index of indexes) {
    if (!index.unique || index.keys.some((key) => key.column === timeColumn.attnum)) continue;
    throw dbError('invalid_table_definition', {
      message: `cannot create a unique index without the column "${timeColumn.name}" (used in partitioning)`,
      hint: `If you're creating a hypertable on a table with a primary key, ensure the partitioning column is part of the primary or composite key.`,
      table,
    });
  }
}

interface HypertableOptions {
  readonly descriptor: HypertableDescriptor | null;
  /** reloptions other than ours, as `name=value`. */
  readonly options: readonly string[];
  readonly createDefaultIndex?: ((table: TableDescriptor) => Promise<void>) | undefined;
}

export function hypertableFromOptions(
  draft: TableDraft,
  nodes: readonly Node[],
): HypertableOptions {
  const tsdb = new Map<string, string>();
  const options: string[] = [];
  for (const node of nodes) {
    const element = nodeAs(node, 'DefElem');
    if (element?.defname === undefined) continue;
    const value = optionText(element.arg);
    const namespace = element.defnamespace ?? '';
    if (namespace === 'tsdb' || namespace === 'timescaledb') tsdb.set(element.defname, value);
    else options.push(`${element.defname}=${value}`);
  }
  if (parseBooleanWord(tsdb.get('hypertable') ?? 'off') !== 'on') {
    if (tsdb.size === 0) return { descriptor: null, options };
    throw dbError('invalid_parameter_value', 'tsdb options given without tsdb.hypertable');
  }
  const timeColumn = timeColumnOf(draft, tsdb.get('partition_column'));
  const position = draft.columns.indexOf(timeColumn);
  draft.columns[position] = { ...timeColumn, notNull: true };
  const descriptor: HypertableDescriptor = {
    timeColumn: timeColumn.attnum,
    chunkInterval: optionInterval(timeColumn.type.oid, tsdb.get('chunk_interval')),
    segmentBy: segmentColumns(draft, tsdb.get('segmentby') ?? tsdb.get('segment_by')),
    spaceDimensions: [],
  };
  refuseUnknown(tsdb);
  const wantsIndex = parseBooleanWord(tsdb.get('create_default_indexes') ?? 'on') === 'on';
  return {
    descriptor,
    options,
    createDefaultIndex: wantsIndex ? (table) => createTimeIndex(draft.session, table) : undefined,
  };
}

const KNOWN_OPTIONS = new Set([
  'hypertable',
  'partition_column',
  'chunk_interval',
  'segmentby',
  'segment_by',
  'orderby',
  'order_by',
  'create_default_indexes',
  'columnstore',
  'compress',
]);

function refuseUnknown(options: ReadonlyMap<string, string>): void {
  for (const name of options.keys()) {
    if (!KNOWN_OPTIONS.has(name)) {
      throw dbError('invalid_parameter_value', `unrecognized parameter "tsdb.${name}"`);
    }
  }
}

/** The value of a WITH or SET option as text. */
export function optionText(node: Node | undefined): string {
  if (node === undefined) return 'true';
  const names = nodeAs(node, 'TypeName')?.names;
  if (names !== undefined)
    return names.map((name) => nodeAs(name, 'String')?.sval ?? '').at(-1) ?? '';
  return (
    nodeAs(node, 'String')?.sval ??
    nodeAs(node, 'Float')?.fval ??
    (nodeAs(node, 'Boolean') !== undefined
      ? String(nodeAs(node, 'Boolean')?.boolval ?? false)
      : String(nodeAs(node, 'Integer')?.ival ?? 0))
  );
}

/** The named column, else the only one of a timestamp type. */
function timeColumnOf(draft: TableDraft, name: string | undefined): ColumnDescriptor {
  if (name !== undefined) return requireTimeColumn(draft.columns, name);
  const candidates = draft.columns.filter(
    (column) => column.type.oid === OID.timestamptz || column.type.oid === OID.timestamp,
  );
  if (candidates.length === 1) return candidates[0] as ColumnDescriptor;
  throw dbError('invalid_parameter_value', {
    message: 'hypertable option requires partition_column',
    hint: 'Use "tsdb.partition_column" to name the partitioning column.',
  });
}

function optionInterval(type: Oid, text: string | undefined): number {
  if (text === undefined) return defaultChunkInterval(type);
  if (/^\d+$/.test(text.trim())) {
    const width = Number(text);
    if (width > 0 && Number.isSafeInteger(width)) return width;
    throw dbError(
      'invalid_parameter_value',
      'invalid interval: must be between 1 and 9007199254740991',
    );
  }
  const micros = intervalCodecText(text);
  return chunkIntervalFromMicros(type, micros);
}

function segmentColumns(draft: TableDraft, text: string | undefined): readonly number[] | null {
  if (text === undefined) return null;
  return splitIdentifierList(text).map((name) => {
    const column = draft.columns.find((candidate) => candidate.name === name);
    if (column !== undefined) return column.attnum;
    throw dbError('undefined_column', `column "${name}" does not exist`);
  });
}
