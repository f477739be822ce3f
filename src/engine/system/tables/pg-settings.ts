/** pg_settings: the session's settings. */
import { PgArray } from '../../../types/pg-array.ts';
import { OID } from '../../../types/type.ts';
import type { SessionContext } from '../../session-context.ts';
import type { SettingDefinition } from '../../settings/definitions.ts';
import { settingCategory } from '../setting-categories.ts';
import { liveTable, type Row } from '../virtual-table.ts';

/** Settings that SHOW knows and SHOW ALL leaves out. */
const UNLISTED: ReadonlySet<string> = new Set(['is_superuser', 'role', 'session_authorization']);

const UNIT_SIZES: ReadonlyMap<string, number> = new Map([
  ['us', 0.001],
  ['ms', 1],
  ['s', 1000],
  ['min', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
  ['B', 1],
  ['kB', 1024],
  ['8kB', 8192],
  ['MB', 1048576],
  ['GB', 1073741824],
  ['TB', 1099511627776],
]);

/** A value without its unit, counted in the setting's own: `4MB` of kB is 4096. */
export function plainValue(definition: SettingDefinition, value: string): string {
  if (definition.type !== 'integer' || definition.unit === undefined) return value;
  const match = /^(-?\d+)([A-Za-z]+)$/.exec(value);
  if (match === null) return value;
  const size = UNIT_SIZES.get(match[2] as string) ?? 1;
  return String((Number(match[1]) * size) / (UNIT_SIZES.get(definition.unit) ?? 1));
}

function source(session: SessionContext, definition: SettingDefinition, value: string): string {
  const { settings, database } = session;
  if (value !== settings.resetValue(definition.name)) return 'session';
  if (definition.context === 'internal')
    return value === definition.defaultValue ? 'default' : 'override';
  const name = definition.name.toLowerCase();
  const isConfigured = database.serverSettings.some(
    ([key, configured]) => key.toLowerCase() === name && configured === value,
  );
  if (isConfigured) return 'configuration file';
  return value === definition.defaultValue ? 'default' : 'client';
}

function limits(definition: SettingDefinition): readonly [string | null, string | null] {
  if (definition.type !== 'integer' && definition.type !== 'real') return [null, null];
  return [String(definition.minimum), String(definition.maximum)];
}

function settingRow(session: SessionContext, definition: SettingDefinition, value: string): Row {
  const plain = (text: string): string => plainValue(definition, text);
  const [minimum, maximum] = limits(definition);
  return [
    definition.name,
    plain(value),
    definition.type === 'integer' ? (definition.unit ?? null) : null,
    settingCategory(definition.name),
    definition.description,
    null,
    definition.context,
    definition.type,
    source(session, definition, value),
    minimum,
    maximum,
    definition.type === 'enum' ? new PgArray(OID.text, definition.values) : null,
    plain(definition.defaultValue),
    plain(session.settings.resetValue(definition.name) ?? definition.defaultValue),
    null,
    null,
    false,
  ];
}

export function* settingRows(session: SessionContext): Iterable<Row> {
  for (const { definition, value } of session.settings.all()) {
    if (!UNLISTED.has(definition.name)) yield settingRow(session, definition, value);
  }
}

export const pgSettings = liveTable('pg_settings', settingRows);
