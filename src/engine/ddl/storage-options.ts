/** SET ( ) and RESET ( ) of tables: PostgreSQL's storage parameters, and TimescaleDB's for hypertables. */
import { liveColumns, type TableDescriptor } from '../../catalog/catalog.ts';
import { dbError } from '../../errors/db-error.ts';
import { nodeAs, type Node } from '../../parse/ast.ts';
import { splitIdentifierList } from '../search-path.ts';
import { parseBooleanWord } from '../settings/parse-setting.ts';
import { optionText } from './hypertable-options.ts';

/** Parameters that PostgreSQL 15 knows for tables, with the range of those that are numbers. */
const PARAMETERS = new Map<
  string,
  readonly [minimum: number, maximum: number] | 'boolean' | 'enum'
>([
  ['fillfactor', [10, 100]],
  ['toast_tuple_target', [128, 8160]],
  ['parallel_workers', [0, 1024]],
  ['autovacuum_enabled', 'boolean'],
  ['vacuum_index_cleanup', 'enum'],
  ['vacuum_truncate', 'boolean'],
  ['user_catalog_table', 'boolean'],
  ['autovacuum_vacuum_threshold', [0, 2147483647]],
  ['autovacuum_vacuum_insert_threshold', [-1, 2147483647]],
  ['autovacuum_analyze_threshold', [0, 2147483647]],
  ['autovacuum_vacuum_scale_factor', [0, 100]],
  ['autovacuum_vacuum_insert_scale_factor', [0, 100]],
  ['autovacuum_analyze_scale_factor', [0, 100]],
  ['autovacuum_vacuum_cost_delay', [0, 100]],
  ['autovacuum_vacuum_cost_limit', [1, 10000]],
  ['autovacuum_freeze_min_age', [0, 1000000000]],
  ['autovacuum_freeze_max_age', [100000, 2000000000]],
  ['autovacuum_freeze_table_age', [0, 2000000000]],
  ['autovacuum_multixact_freeze_min_age', [0, 1000000000]],
  ['autovacuum_multixact_freeze_max_age', [10000, 2000000000]],
  ['autovacuum_multixact_freeze_table_age', [0, 2000000000]],
  ['log_autovacuum_min_duration', [-1, 2147483647]],
]);

interface Option {
  readonly namespace: string;
  readonly name: string;
  readonly value: string;
}

function optionsOf(nodes: readonly Node[]): Option[] {
  return nodes.flatMap((node) => {
    const element = nodeAs(node, 'DefElem');
    if (element?.defname === undefined) return [];
    return [
      {
        namespace: element.defnamespace ?? '',
        name: element.defname,
        value: optionText(element.arg),
      },
    ];
  });
}

/** 22023 for a parameter that PostgreSQL does not know or a value out of its range. */
export function requireStorageParameter(name: string, value: string | undefined): void {
  const rule = PARAMETERS.get(name);
  if (rule === undefined)
    throw dbError('invalid_parameter_value', `unrecognized parameter "${name}"`);
  if (value === undefined || rule === 'enum') return;
  if (rule === 'boolean') {
    if (parseBooleanWord(value) !== undefined) return;
    throw dbError(
      'invalid_parameter_value',
      `invalid value for boolean option "${name}": ${value}`,
    );
  }
  const number = Number(value);
  if (!Number.isFinite(number)) {
    throw dbError(
      'invalid_parameter_value',
      `invalid value for integer option "${name}": ${value}`,
    );
  }
  if (number >= rule[0] && number <= rule[1]) return;
  throw dbError('invalid_parameter_value', {
    message: `value ${value} out of bounds for option "${name}"`,
    detail: `Valid values are between "${rule[0]}" and "${rule[1]}".`,
  });
}

/** The table with its options set. */
export function setOptions(table: TableDescriptor, nodes: readonly Node[]): TableDescriptor {
  let changed = table;
  for (const { namespace, name, value } of optionsOf(nodes)) {
    if (namespace === 'timescaledb' || namespace === 'tsdb')
      changed = setHypertableOption(changed, namespace, name, value);
    else {
      requireNamespace(namespace);
      if (namespace === '') requireStorageParameter(name, value);
      const key = namespace === '' ? name : `${namespace}.${name}`;
      changed = {
        ...changed,
        options: [...withoutOption(changed.options, key), `${key}=${value}`],
      };
    }
  }
  return changed;
}

/** The table with its options at their defaults again. */
export function resetOptions(table: TableDescriptor, nodes: readonly Node[]): TableDescriptor {
  let { options } = table;
  for (const { namespace, name } of optionsOf(nodes)) {
    requireNamespace(namespace);
    options = withoutOption(options, namespace === '' ? name : `${namespace}.${name}`);
  }
  return { ...table, options };
}

function requireNamespace(namespace: string): void {
  if (namespace === '' || namespace === 'toast') return;
  throw dbError('invalid_parameter_value', `unrecognized parameter namespace "${namespace}"`);
}

function withoutOption(options: readonly string[], name: string): string[] {
  return options.filter((option) => !option.startsWith(`${name}=`));
}

const SEGMENT_BY = new Set(['compress_segmentby', 'segmentby', 'segment_by']);
/** Accepted as they are: rows of a series are always kept in time order, and always compressed. */
const WITHOUT_EFFECT = new Set([
  'compress',
  'columnstore',
  'enable_columnstore',
  'compress_orderby',
  'orderby',
  'order_by',
]);

function setHypertableOption(
  table: TableDescriptor,
  namespace: string,
  name: string,
  value: string,
): TableDescriptor {
  const { hypertable } = table;
  if (hypertable === null) {
    throw dbError('wrong_object_type', `table "${table.name}" is not a hypertable`);
  }
  if (WITHOUT_EFFECT.has(name)) {
    if (name.endsWith('by')) for (const column of orderColumns(value)) mustColumn(table, column);
    return table;
  }
  if (!SEGMENT_BY.has(name)) {
    throw dbError('invalid_parameter_value', `unrecognized parameter "${namespace}.${name}"`);
  }
  const segmentBy = splitIdentifierList(value).map((column) => mustColumn(table, column));
  if (segmentBy.includes(hypertable.timeColumn)) {
    throw dbError('invalid_parameter_value', 'the time column cannot be a segmentby column');
  }
  return { ...table, hypertable: { ...hypertable, segmentBy } };
}

/** `a DESC, b` as its column names. */
function orderColumns(value: string): string[] {
  return value
    .split(',')
    .map((item) =>
      item
        .trim()
        .replace(/\s+(?:asc|desc)?(?:\s*nulls\s+(?:first|last))?$/i, '')
        .trim(),
    )
    .filter((item) => item !== '')
    .flatMap(splitIdentifierList);
}

function mustColumn(table: TableDescriptor, name: string): number {
  const column = liveColumns(table).find((candidate) => candidate.name === name);
  if (column !== undefined) return column.attnum;
  throw dbError('undefined_column', `column "${name}" does not exist`);
}
