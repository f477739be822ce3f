/** Runs a server: opens storage, opens the doors, says so, and ends when it is told to. */
import type { Env } from '../base/env.ts';
import { openEngine } from '../engine/engine.ts';
import type { Engine } from '../engine/session.ts';
import { printInteger } from '../engine/settings/parse-setting.ts';
import { dbError } from '../errors/db-error.ts';
import { markEarly } from '../platform/early-marking.ts';
import { keepGarbageHeadroom } from '../platform/garbage-headroom.ts';
import type { TlsCertificate } from '../platform/network.ts';
import { createNodeEnv } from '../platform/node-env.ts';
import { environmentVariables, writeOut } from '../platform/node-process.ts';
import { systemSqlPath } from '../platform/package-path.ts';
import { readConfig, type ServerConfig } from './config.ts';
import { setFirstPassword } from './first-password.ts';
import { startServer, type RunningServer } from './server.ts';
import { startWarmUp } from './warm-up.ts';

/** Flags of the command line. */
export interface ServeFlags {
  readonly data?: string | undefined;
  readonly listen?: string | undefined;
  readonly port?: number | undefined;
  readonly httpPort?: number | undefined;
  readonly config?: string | undefined;
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
}

/** Resolves after a clean stop, which `stopped` asks for; rejects with what kept the server from starting. */
export async function serve(flags: ServeFlags, stopped: Promise<void>): Promise<void> {
  const config = await loadConfig(flags, createNodeEnv());
  const env = createNodeEnv({ logLevel: config.logLevel });
  const tls = await loadTls(config, env);
  keepGarbageHeadroom();
  markEarly();
  const engine = await openEngine({
    env,
    path: config.data,
    systemSqlPath: systemSqlPath(),
    settings: shownSettings(config),
    flushRows: config.flushRows,
    cacheBytes: config.cacheMb === undefined ? undefined : config.cacheMb * 1_048_576,
  });
  try {
    if (config.password !== undefined) await setFirstPassword(engine, env, config.password);
    const server = await open(config, engine, env, tls);
    writeOut(`ready postgres://${urlHost(config.listen)}:${server.port}\n`);
    const warmUp = config.warmUp
      ? startWarmUp({
          env,
          systemSqlPath: systemSqlPath(),
          // Where what a crash leaves behind is gone at the next start.
          path: `${config.data}/pgsql_tmp/warm-up`,
          traffic: () => server.traffic(),
        })
      : undefined;
    await stopped;
    await warmUp?.stop();
    await server.close();
  } finally {
    await engine.close();
  }
}

async function loadConfig(flags: ServeFlags, env: Env): Promise<ServerConfig> {
  const given = new Map<string, string>();
  const take = (name: string, value: string | number | undefined): void => {
    if (value !== undefined) given.set(name, String(value));
  };
  take('data', flags.data);
  take('listen', flags.listen);
  take('port', flags.port);
  take('http_port', flags.httpPort);
  take('tls_cert', flags.tlsCert);
  take('tls_key', flags.tlsKey);
  const environment = environmentVariables();
  const path = flags.config ?? environment.get('VARVE_CONFIG');
  const file = path === undefined ? undefined : { path, text: await readText(path, env) };
  return readConfig({ flags: given, environment, file });
}

/** What SHOW tells of the configuration. */
function shownSettings(config: ServerConfig): [string, string][] {
  return [
    ['max_connections', String(config.connectionsMax)],
    ['superuser_reserved_connections', String(config.superuserPlaces)],
    ['authentication_timeout', printInteger(config.authenticationMs / 1000, 's')],
  ];
}

async function loadTls(config: ServerConfig, env: Env): Promise<TlsCertificate | undefined> {
  if (config.tlsCert === undefined || config.tlsKey === undefined) return undefined;
  return {
    certificate: await readText(config.tlsCert, env),
    key: await readText(config.tlsKey, env),
  };
}

async function readText(path: string, env: Env): Promise<string> {
  try {
    return new TextDecoder().decode(await env.disk.readFile(path));
  } catch (error) {
    throw dbError('undefined_file', `could not read "${path}": ${reason(error)}`);
  }
}

async function open(
  config: ServerConfig,
  engine: Engine,
  env: Env,
  tls: TlsCertificate | undefined,
): Promise<RunningServer> {
  const { listen, port } = config;
  try {
    return await startServer({ ...config, engine, env, tls });
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    const explanation = LISTEN_FAILURES.get(code) ?? reason(error);
    throw dbError(
      'cannot_connect_now',
      `could not listen on ${listen}, port ${port}: ${explanation}`,
    );
  }
}

const LISTEN_FAILURES: ReadonlyMap<string, string> = new Map([
  ['EADDRINUSE', 'the port is in use'],
  ['EACCES', 'permission denied'],
  ['EADDRNOTAVAIL', 'this machine does not have the address'],
  ['ENOTFOUND', 'the address is not known'],
]);

function systemCode(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  return typeof code === 'string' && /^E[A-Z]/.test(code) ? code : undefined;
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
