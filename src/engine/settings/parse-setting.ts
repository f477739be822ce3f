/** Checks and normalises values of settings, with PostgreSQL's error texts. */
import { dbError } from '../../errors/db-error.ts';
import { validateZone } from '../../types/datetime/timezone.ts';
import type { SettingDefinition } from './definitions.ts';

const BOOLEAN_WORDS: readonly (readonly [string, 'on' | 'off'])[] = [
  ['true', 'on'],
  ['yes', 'on'],
  ['on', 'on'],
  ['1', 'on'],
  ['false', 'off'],
  ['no', 'off'],
  ['off', 'off'],
  ['0', 'off'],
];

/** on/off for any of PostgreSQL's spellings of a boolean, unique prefixes included. */
export function parseBooleanWord(value: string): 'on' | 'off' | undefined {
  const word = value.trim().toLowerCase();
  if (word === '' || word === 'o') return undefined;
  const found = BOOLEAN_WORDS.filter(([name]) => name.startsWith(word));
  return found.length === 1 || found.some(([name]) => name === word) ? found[0]?.[1] : undefined;
}

/** The value as SHOW prints it; throws 22023 where it does not fit the setting. */
export function normalizeSetting(definition: SettingDefinition, value: string): string {
  switch (definition.type) {
    case 'bool': {
      const parsed = parseBooleanWord(value);
      if (parsed === undefined) {
        throw dbError(
          'invalid_parameter_value',
          `parameter "${definition.name}" requires a Boolean value`,
        );
      }
      if (definition.isFixed === true && parsed !== definition.defaultValue) {
        throw dbError(
          'feature_not_supported',
          `parameter "${definition.name}" can only be ${definition.defaultValue}`,
        );
      }
      return parsed;
    }
    case 'integer':
      return normalizeInteger(definition, value);
    case 'real':
      return normalizeReal(definition, value);
    case 'enum':
      return normalizeEnum(definition.name, definition.values, value);
    case 'string':
      return normalizeString(definition.name, value);
  }
}

function invalidValue(name: string, value: string, hint?: string): Error {
  return dbError('invalid_parameter_value', {
    message: `invalid value for parameter "${name}": "${value}"`,
    hint,
  });
}

function normalizeEnum(name: string, values: readonly string[], value: string): string {
  const word = value.trim().toLowerCase();
  if (values.includes(word)) return word;
  const asBoolean = parseBooleanWord(word);
  if (asBoolean !== undefined && values.includes(asBoolean)) return asBoolean;
  throw invalidValue(name, value, `Available values: ${values.join(', ')}.`);
}

/** Units in a common base: milliseconds for time, bytes for memory. */
const TIME_UNITS = new Map([
  ['us', 0.001],
  ['ms', 1],
  ['s', 1000],
  ['min', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);
const MEMORY_UNITS = new Map([
  ['B', 1],
  ['kB', 1024],
  ['8kB', 8192],
  ['MB', 1048576],
  ['GB', 1073741824],
  ['TB', 1099511627776],
]);

type IntegerDefinition = Extract<SettingDefinition, { type: 'integer' }>;

function normalizeInteger(definition: IntegerDefinition, value: string): string {
  const match = /^\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*([A-Za-z]*)\s*$/i.exec(value);
  if (match === null) throw invalidValue(definition.name, value);
  let number = Number(match[1]);
  const unit = match[2] as string;
  if (unit !== '') number = convertUnit(definition, value, number, unit);
  const rounded = Math.round(number);
  if (rounded < definition.minimum || rounded > definition.maximum) {
    const suffix = definition.unit === undefined ? '' : ` ${definition.unit}`;
    throw dbError('invalid_parameter_value', {
      message: `${rounded}${suffix} is outside the valid range for parameter "${definition.name}" (${definition.minimum} .. ${definition.maximum})`,
    });
  }
  return printInteger(rounded, definition.unit);
}

function convertUnit(
  definition: IntegerDefinition,
  value: string,
  number: number,
  unit: string,
): number {
  const table =
    definition.unit !== undefined && MEMORY_UNITS.has(definition.unit) ? MEMORY_UNITS : TIME_UNITS;
  const from = table.get(unit);
  const to = definition.unit === undefined ? undefined : table.get(definition.unit);
  if (from === undefined || to === undefined) {
    const hint =
      definition.unit === undefined
        ? undefined
        : table === MEMORY_UNITS
          ? 'Valid units for this parameter are "B", "kB", "MB", "GB", and "TB".'
          : 'Valid units for this parameter are "us", "ms", "s", "min", "h", and "d".';
    throw invalidValue(definition.name, value, hint);
  }
  return (number * from) / to;
}

/** The largest unit that divides the number: 300000 ms is 5min, as SHOW has it. */
export function printInteger(number: number, unit: string | undefined): string {
  if (unit === undefined || number <= 0) return String(number);
  const table = MEMORY_UNITS.has(unit) ? MEMORY_UNITS : TIME_UNITS;
  const base = number * (table.get(unit) as number);
  const smallest = table.get(unit === '8kB' ? 'kB' : unit) as number;
  let best = `${number}${unit}`;
  for (const [name, size] of table) {
    if (name !== '8kB' && size >= smallest && base % size === 0) best = `${base / size}${name}`;
  }
  return best;
}

function normalizeReal(
  definition: Extract<SettingDefinition, { type: 'real' }>,
  value: string,
): string {
  const number = Number(value.trim());
  if (value.trim() === '' || Number.isNaN(number)) throw invalidValue(definition.name, value);
  if (number < definition.minimum || number > definition.maximum) {
    throw dbError('invalid_parameter_value', {
      message: `${number} is outside the valid range for parameter "${definition.name}" (${definition.minimum} .. ${definition.maximum})`,
    });
  }
  return String(number);
}

function normalizeString(name: string, value: string): string {
  switch (name) {
    case 'client_encoding':
      return normalizeEncoding(value);
    case 'DateStyle':
      return normalizeDateStyle(value);
    case 'TimeZone': {
      const zone = validateZone(value.trim().replace(/^'(.*)'$/, '$1'));
      if (zone === undefined) throw invalidValue('TimeZone', value);
      return zone;
    }
    default:
      return value;
  }
}

function normalizeEncoding(value: string): string {
  const name = value.replace(/['"]/g, '').trim().toLowerCase().replace(/[-_ ]/g, '');
  if (name === 'utf8' || name === 'unicode') return 'UTF8';
  if (name === 'sqlascii') return 'SQL_ASCII';
  throw invalidValue('client_encoding', value);
}

/** `ISO, MDY`: a style and an order, each optional, in any sequence. */
export function normalizeDateStyle(value: string, current = 'ISO, MDY'): string {
  let [style, order] = current.split(', ') as [string, string];
  for (const part of value.split(',')) {
    const word = part.trim().toLowerCase();
    if (word === 'iso') style = 'ISO';
    else if (word === 'sql') style = 'SQL';
    else if (word.startsWith('postgres')) style = 'Postgres';
    else if (word === 'german') [style, order] = ['German', 'DMY'];
    else if (word === 'ymd') order = 'YMD';
    else if (word === 'dmy' || word.startsWith('euro')) order = 'DMY';
    else if (word === 'mdy' || word.startsWith('noneuro') || word === 'us') order = 'MDY';
    else if (word === 'default') [style, order] = ['ISO', 'MDY'];
    else throw invalidValue('DateStyle', value);
  }
  return `${style}, ${order}`;
}
