/**
 * The server's configuration: flags of the command line first, then VARVE_* environment variables, then
 * the configuration file, then defaults.
 */
import { dbError } from '../errors/db-error.ts';
import { LOG_LEVELS, type LogLevel } from '../platform/node-log.ts';
import { SessionSettings } from '../engine/settings/session-settings.ts';
import { CONNECTIONS_MAX } from '../pgwire/listener.ts';

export interface ServerConfig {
  /** Directory for all data. */
  readonly data: string;
  readonly listen: string;
  readonly port: number;
  readonly httpPort: number;
  /** Paths of PEM files, both or none. */
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
  readonly connectionsMax: number;
  /** Places of connectionsMax that only superusers get. */
  readonly superuserPlaces: number;
  readonly authenticationMs: number;
  readonly logLevel: LogLevel;
  /** Rows of a chunk's head above which it is written to segments; undefined for the default. */
  readonly flushRows: number | undefined;
  /** Megabytes of decoded columns kept for reuse; undefined for the default. */
  readonly cacheMb: number | undefined;
  /** Whether the server runs statements of its own when it has begun, so that their code is compiled. */
  readonly warmUp: boolean;
  /** Given to role postgres where it has no password yet. */
  readonly password: string | undefined;
}

/** Everything by its name in the file; the flag is `--http-port`, the variable `VARVE_HTTP_PORT`. */
const NAMES = [
  'data',
  'listen',
  'port',
  'http_port',
  'tls_cert',
  'tls_key',
  'max_connections',
  'superuser_reserved_connections',
  'authentication_timeout',
  'log_level',
  'flush_rows',
  'cache_mb',
  'warm_up',
] as const;

type Name = (typeof NAMES)[number];
type Find = (name: Name) => string | undefined;

export interface ConfigSources {
  /** By name in the file's spelling. */
  readonly flags: ReadonlyMap<string, string>;
  readonly environment: ReadonlyMap<string, string>;
  /** Text of the configuration file and its path, for messages. */
  readonly file?: { readonly path: string; readonly text: string } | undefined;
}

/** Puts the sources together and checks every value. */
export function readConfig(sources: ConfigSources): ServerConfig {
  const file = sources.file === undefined ? new Map<string, string>() : parseFile(sources.file);
  const find: Find = (name) =>
    sources.flags.get(name) ??
    sources.environment.get(`VARVE_${name.toUpperCase()}`) ??
    file.get(name);
  const data = find('data');
  if (data === undefined || data === '') throw invalid('no data directory given; use --data DIR');
  const tlsCert = find('tls_cert');
  const tlsKey = find('tls_key');
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw invalid('--tls-cert and --tls-key belong together');
  }
  return {
    data,
    listen: find('listen') ?? '127.0.0.1',
    port: integer('port', find('port') ?? '5432', 0, 65_535),
    httpPort: integer('http_port', find('http_port') ?? '8086', 0, 65_535),
    tlsCert,
    tlsKey,
    ...places(find),
    authenticationMs: authenticationMs(find('authentication_timeout') ?? '60s'),
    logLevel: logLevel(find('log_level') ?? 'warn'),
    flushRows: optionalInteger('flush_rows', find('flush_rows'), 1, 100_000_000),
    cacheMb: optionalInteger('cache_mb', find('cache_mb'), 1, 1_000_000),
    warmUp: onOff('warm_up', find('warm_up') ?? 'on'),
    password: sources.environment.get('VARVE_PASSWORD'),
  };
}

/** PostgreSQL's superuser_reserved_connections. */
const SUPERUSER_PLACES = 3;

function places(find: Find): Pick<ServerConfig, 'connectionsMax' | 'superuserPlaces'> {
  const connectionsMax = integer(
    'max_connections',
    find('max_connections') ?? String(CONNECTIONS_MAX),
    1,
    100_000,
  );
  // Unless asked for, no more than leaves a place for others.
  const reserved =
    find('superuser_reserved_connections') ??
    String(Math.min(SUPERUSER_PLACES, connectionsMax - 1));
  const superuserPlaces = integer('superuser_reserved_connections', reserved, 0, 100_000);
  if (superuserPlaces < connectionsMax) return { connectionsMax, superuserPlaces };
  throw invalid(
    `superuser_reserved_connections (${superuserPlaces}) must be less than max_connections (${connectionsMax})`,
  );
}

/** Takes PostgreSQL's units: 60, 60s and 1min are the same. */
function authenticationMs(text: string): number {
  const settings = new SessionSettings([['authentication_timeout', text]]);
  return settings.integer('authentication_timeout');
}

function optionalInteger(
  name: Name,
  value: string | undefined,
  minimum: number,
  maximum: number,
): number | undefined {
  return value === undefined ? undefined : integer(name, value, minimum, maximum);
}

/** Lines of `name = value`; `#` begins a comment, quotes around a value are optional. */
function parseFile({ path, text }: { path: string; text: string }): Map<string, string> {
  const values = new Map<string, string>();
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const parts = /^\s*([a-z_]+)\s*=\s*(?:'([^']*)'|"([^"]*)"|([^'"#]*?))\s*(?:#.*)?$/.exec(line);
    if (parts === null) throw invalid(`${path}:${i + 1}: expected name = value`);
    const [, name, single, double, bare] = parts as unknown as [
      string,
      string,
      ...(string | undefined)[],
    ];
    if (!NAMES.includes(name as Name)) {
      throw invalid(
        `${path}:${i + 1}: unknown name "${name}", expected one of ${NAMES.join(', ')}`,
      );
    }
    values.set(name, single ?? double ?? bare ?? '');
  }
  return values;
}

function integer(name: Name, text: string, min: number, max: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text.trim()) && value >= min && value <= max) return value;
  throw invalid(`${name} must be a whole number from ${min} to ${max}, not "${text}"`);
}

function onOff(name: Name, text: string): boolean {
  if (text === 'on' || text === 'off') return text === 'on';
  throw invalid(`${name} must be on or off, not "${text}"`);
}

function logLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find((known) => known === text);
  if (level !== undefined) return level;
  throw invalid(`log_level must be one of ${LOG_LEVELS.join(', ')}, not "${text}"`);
}

function invalid(message: string): Error {
  return dbError('config_file_error', message);
}
