/** Puts the doors in front of an engine. */
import type { Env } from '../base/env.ts';
import { fatalError } from '../errors/db-error.ts';
import type { Engine } from '../engine/session.ts';
import { listenWire, type Traffic } from '../pgwire/listener.ts';
import type { TlsCertificate } from '../platform/network.ts';
import { isLoopbackHost } from '../platform/node-net.ts';

export interface ServerOptions {
  readonly engine: Engine;
  readonly env: Env;
  /** Address to listen on. */
  readonly listen: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly tls?: TlsCertificate | undefined;
  readonly connectionsMax?: number | undefined;
  readonly superuserPlaces?: number | undefined;
  readonly authenticationMs?: number | undefined;
}

export interface RunningServer {
  readonly port: number;
  traffic(): Traffic;
  /** Ends every connection; the engine stays open. */
  close(): Promise<void>;
}

/** The role that every new data directory has. */
const FIRST_ROLE = 'postgres';

/** Opens the doors. Refuses an address that others can reach while anybody could log in there. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { engine, listen } = options;
  if (!isLoopbackHost(listen) && engine.loginRole(FIRST_ROLE).verifier === null) {
    throw fatalError('invalid_authorization_specification', {
      message: `refusing to listen on ${listen}: role "${FIRST_ROLE}" has no password`,
      hint: `Start on 127.0.0.1 and run ALTER ROLE ${FIRST_ROLE} PASSWORD '...' first, or set VARVE_PASSWORD.`,
    });
  }
  const wire = await listenWire({ ...options, host: listen });
  return { port: wire.port, traffic: () => wire.traffic(), close: () => wire.close() };
}
