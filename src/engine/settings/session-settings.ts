/**
 * The settings of one session: values, what RESET goes back to, and what a rollback undoes. SET inside
 * a transaction lasts only if it commits; SET LOCAL never outlives the transaction.
 */
import { dbError } from '../../errors/db-error.ts';
import type { FormatSettings } from '../../types/codec.ts';
import { SETTING_DEFINITIONS, type SettingDefinition } from './definitions.ts';
import { normalizeDateStyle, normalizeSetting } from './parse-setting.ts';

const DEFINITIONS = new Map(
  SETTING_DEFINITIONS.map((definition) => [definition.name.toLowerCase(), definition]),
);

/** ParameterStatus at start comes in PostgreSQL's order: case-sensitive by name as it prints them. */
const REPORTED = SETTING_DEFINITIONS.filter((definition) => definition.reported === true);

/** The definition of a built-in setting, by name in any case. */
export function settingDefinition(name: string): SettingDefinition | undefined {
  return DEFINITIONS.get(name.toLowerCase());
}

interface UndoEntry {
  readonly key: string;
  readonly previous: string | undefined;
  readonly local: boolean;
  readonly undo: (() => void) | undefined;
}

export type SettingSource = 'default' | 'client' | 'session' | 'configuration file' | 'user';

export class SessionSettings {
  readonly #values = new Map<string, string>();
  readonly #resetValues = new Map<string, string>();
  readonly #undo: UndoEntry[] = [];
  readonly #changed = new Set<string>();
  #format: FormatSettings | undefined;

  /** `serverDefaults` come from configuration, name to value, already known to be valid. */
  constructor(serverDefaults: Iterable<readonly [string, string]> = []) {
    for (const definition of SETTING_DEFINITIONS) {
      this.#values.set(definition.name.toLowerCase(), definition.defaultValue);
    }
    for (const [name, value] of serverDefaults) this.setInitial(name, value);
    for (const [key, value] of this.#values) this.#resetValues.set(key, value);
    this.#changed.clear();
  }

  /** A value from the server itself, a role's settings or the startup packet: RESET goes back to it. */
  setInitial(name: string, value: string): void {
    const key = name.toLowerCase();
    const normalized = this.#normalize(name, value);
    this.#values.set(key, normalized);
    this.#resetValues.set(key, normalized);
    this.#touched(key);
  }

  /** SET, as a client may. Returns the value as stored. */
  set(name: string, value: string, local: boolean, inTransaction: boolean): string {
    const definition = settingDefinition(name);
    if (definition !== undefined) refuseReadOnly(definition);
    const normalized = this.#normalize(name, value);
    this.#assign(name.toLowerCase(), normalized, local, inTransaction);
    return normalized;
  }

  /** A setting with something behind it, already checked; `undo` puts that back where the value goes back. */
  setWithUndo(name: string, value: string, local: boolean, undo: () => void): void {
    this.#assign(name.toLowerCase(), value, local, true, undo);
  }

  /** A value that the server sets itself, read-only settings included. */
  assign(name: string, value: string): void {
    const key = name.toLowerCase();
    this.#values.set(key, value);
    this.#touched(key);
  }

  reset(name: string, inTransaction: boolean): void {
    const key = name.toLowerCase();
    const definition = settingDefinition(name);
    if (definition === undefined && !key.includes('.')) throw unrecognized(name);
    if (definition !== undefined) refuseReadOnly(definition);
    this.#assign(key, this.#resetValues.get(key) ?? '', false, inTransaction);
  }

  resetAll(inTransaction: boolean): void {
    for (const definition of SETTING_DEFINITIONS) {
      if (definition.context !== 'user' && definition.context !== 'superuser') continue;
      if (definition.name.startsWith('transaction_') || definition.name === 'role') continue;
      if (definition.name === 'session_authorization') continue;
      this.reset(definition.name, inTransaction);
    }
    for (const key of [...this.#values.keys()]) {
      if (key.includes('.'))
        this.#assign(key, this.#resetValues.get(key) ?? '', false, inTransaction);
    }
  }

  /** The value as SHOW prints it; undefined for a name that nobody has set or defined. */
  get(name: string): string | undefined {
    return this.#values.get(name.toLowerCase());
  }

  mustGet(name: string): string {
    const value = this.get(name);
    if (value === undefined) throw unrecognized(name);
    return value;
  }

  resetValue(name: string): string | undefined {
    return this.#resetValues.get(name.toLowerCase());
  }

  isOn(name: string): boolean {
    return this.get(name) === 'on';
  }

  /** An integer setting in its base unit (ms, kB). */
  integer(name: string): number {
    const value = this.mustGet(name);
    const match = /^(-?\d+)([A-Za-z0-9]*)$/.exec(value);
    if (match === null) return Number(value);
    const factor = UNIT_FACTORS.get(match[2] as string) ?? 1;
    return Number(match[1]) * factor;
  }

  /** A mark for `rollbackTo`; taken when a transaction or savepoint starts. */
  mark(): number {
    return this.#undo.length;
  }

  rollbackTo(mark: number): void {
    while (this.#undo.length > mark) this.#restore(this.#undo.pop() as UndoEntry);
  }

  /** Ends the transaction well: only SET LOCAL is undone. */
  commit(): void {
    const entries = this.#undo.splice(0);
    for (let i = entries.length - 1; i >= 0; i--) {
      const entry = entries[i] as UndoEntry;
      if (
        entry.local &&
        !entries.some((other, j) => j > i && other.key === entry.key && !other.local)
      ) {
        this.#restore(entry);
      }
    }
  }

  /** Reported settings that changed since the last call, with their values. */
  takeReported(): (readonly [string, string])[] {
    if (this.#changed.size === 0) return [];
    const changes = REPORTED.filter((definition) =>
      this.#changed.has(definition.name.toLowerCase()),
    );
    this.#changed.clear();
    return changes.map((definition) => [definition.name, this.mustGet(definition.name)]);
  }

  reported(): (readonly [string, string])[] {
    return REPORTED.map((definition) => [definition.name, this.mustGet(definition.name)]);
  }

  /** Every setting with its value, by name: SHOW ALL and pg_settings. */
  *all(): Iterable<{ readonly definition: SettingDefinition; readonly value: string }> {
    const sorted = [...SETTING_DEFINITIONS].sort((a, b) =>
      a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1,
    );
    for (const definition of sorted) yield { definition, value: this.mustGet(definition.name) };
  }

  /** How values are printed now; the same object until a setting that matters changes. */
  format(nowMicros: number): FormatSettings {
    if (this.#format === undefined || this.#format.nowMicros !== nowMicros) {
      const [style, order] = this.mustGet('DateStyle').split(', ') as [string, string];
      this.#format = {
        timeZone: this.mustGet('TimeZone'),
        dateStyle: style.toUpperCase() as FormatSettings['dateStyle'],
        dateOrder: order as FormatSettings['dateOrder'],
        intervalStyle: this.mustGet('IntervalStyle') as FormatSettings['intervalStyle'],
        byteaOutput: this.mustGet('bytea_output') as FormatSettings['byteaOutput'],
        extraFloatDigits: Number(this.mustGet('extra_float_digits')),
        nowMicros,
      };
    }
    return this.#format;
  }

  #normalize(name: string, value: string): string {
    const definition = settingDefinition(name);
    if (definition === undefined) {
      if (!/^[A-Za-z_][\w$]*(\.[A-Za-z_][\w$]*)+$/.test(name)) throw unrecognized(name);
      return value;
    }
    if (definition.name === 'DateStyle') return normalizeDateStyle(value, this.get('DateStyle'));
    return normalizeSetting(definition, value);
  }

  #assign(
    key: string,
    value: string,
    local: boolean,
    inTransaction: boolean,
    undo?: () => void,
  ): void {
    if (inTransaction) this.#undo.push({ key, previous: this.#values.get(key), local, undo });
    this.#values.set(key, value);
    this.#touched(key);
  }

  #restore(entry: UndoEntry): void {
    if (entry.previous === undefined) this.#values.delete(entry.key);
    else this.#values.set(entry.key, entry.previous);
    this.#touched(entry.key);
    entry.undo?.();
  }

  #touched(key: string): void {
    this.#format = undefined;
    this.#changed.add(key);
  }
}

const UNIT_FACTORS = new Map([
  ['us', 0.001],
  ['ms', 1],
  ['s', 1000],
  ['min', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
  ['kB', 1],
  ['8kB', 8],
  ['MB', 1024],
  ['GB', 1048576],
  ['TB', 1073741824],
]);

function unrecognized(name: string): Error {
  return dbError('undefined_object', `unrecognized configuration parameter "${name}"`);
}

function refuseReadOnly(definition: SettingDefinition): void {
  if (definition.context === 'internal') {
    throw dbError('cant_change_runtime_param', `parameter "${definition.name}" cannot be changed`);
  }
  if (definition.context === 'postmaster') {
    throw dbError(
      'cant_change_runtime_param',
      `parameter "${definition.name}" cannot be changed without restarting the server`,
    );
  }
  if (definition.context === 'sighup') {
    throw dbError(
      'cant_change_runtime_param',
      `parameter "${definition.name}" cannot be changed now`,
    );
  }
}
