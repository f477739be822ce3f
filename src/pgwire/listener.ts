/**
 * Accepts PostgreSQL connections and keeps count of them: a place of max_connections is taken by who has
 * authenticated; everybody else is in the lobby, whose number and time are bounded by themselves.
 */
import type { Env } from '../base/env.ts';
import { fatalError } from '../errors/db-error.ts';
import type { Engine } from '../engine/session.ts';
import type { ByteStream, TlsCertificate } from '../platform/network.ts';
import { listenTcp } from '../platform/node-net.ts';
import { Connection, shutdownError, type ConnectionHost } from './connection.ts';
import { Lobby } from './lobby.ts';

/** PostgreSQL's max_connections. */
export const CONNECTIONS_MAX = 100;
/** PostgreSQL's authentication_timeout. */
const AUTHENTICATION_MS = 60_000;
/** Streams that may be in the lobby beyond one for each place. */
const LOBBY_SPARE = 200;
/** How often a flood of connections shows in the log. */
const FLOOD_REPORT_MS = 10_000;
/** How long the end of the listener waits for statements to let go. */
const STOP_MS = 5_000;

export interface WireListenerOptions {
  readonly engine: Engine;
  readonly env: Env;
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly tls?: TlsCertificate | undefined;
  readonly connectionsMax?: number | undefined;
  /** The last places, which only superusers get; none unless told otherwise. */
  readonly superuserPlaces?: number | undefined;
  readonly authenticationMs?: number | undefined;
}

/** What clients do, for work that should not be in their way. */
export interface Traffic {
  /** Messages that came, over all connections that are open. */
  readonly received: number;
  /** Whether a message is being handled. */
  readonly isBusy: boolean;
}

export interface WireListener {
  readonly port: number;
  traffic(): Traffic;
  /** Stops accepting, ends every connection with 57P01, and resolves when they are gone. */
  close(): Promise<void>;
}

/** Opens the port; rejects with the system's error when that fails. */
export async function listenWire(options: WireListenerOptions): Promise<WireListener> {
  const clients = new Clients(options);
  const listener = await listenTcp({
    host: options.host,
    port: options.port,
    tls: options.tls,
    accept: (stream) => clients.accept(stream),
  });
  return {
    port: listener.port,
    traffic: () => clients.traffic(),
    close: async () => {
      const stopped = listener.close();
      await clients.stop();
      await stopped;
    },
  };
}

/** The connections of one listener. Needs no network of its own, so tests can hand it any stream. */
export class Clients {
  readonly #host: ConnectionHost;
  readonly #env: Env;
  readonly #connectionsMax: number;
  readonly #superuserPlaces: number;
  readonly #lobby: Lobby<Connection>;
  readonly #open = new Map<
    Connection,
    { readonly stream: ByteStream; readonly ended: Promise<void> }
  >();
  #admitted = 0;
  /** Connections dropped from the full lobby since the log last told of it. */
  #dropped = 0;
  #floodReported = false;
  #stopping = false;

  constructor(options: Omit<WireListenerOptions, 'host' | 'port'>) {
    this.#env = options.env;
    this.#connectionsMax = options.connectionsMax ?? CONNECTIONS_MAX;
    this.#superuserPlaces = options.superuserPlaces ?? 0;
    this.#lobby = new Lobby(this.#connectionsMax + LOBBY_SPARE);
    this.#host = {
      engine: options.engine,
      env: options.env,
      tlsAvailable: options.tls !== undefined,
      mockSecret: options.env.random.bytes(32),
      authenticationMs: options.authenticationMs ?? AUTHENTICATION_MS,
      admit: (connection, isSuperuser) => this.#admit(connection, isSuperuser),
      leave: () => {
        this.#admitted--;
      },
      closed: (connection) => this.#lobby.leave(connection),
    };
  }

  accept(stream: ByteStream): void {
    if (this.#stopping) {
      stream.destroy();
      return;
    }
    const connection = new Connection(this.#host, stream);
    const crowdedOut = this.#lobby.enter(connection, stream.remoteAddress);
    if (crowdedOut !== undefined) {
      this.#dropped++;
      crowdedOut.drop();
      this.#reportFlood();
    }
    const ended = connection.run().then(() => void this.#open.delete(connection));
    this.#open.set(connection, { stream, ended });
  }

  traffic(): Traffic {
    let received = 0;
    let isBusy = false;
    for (const connection of this.#open.keys()) {
      received += connection.received;
      isBusy ||= !connection.isWaiting;
    }
    return { received, isBusy };
  }

  #admit(connection: Connection, isSuperuser: boolean): void {
    const free = this.#connectionsMax - this.#admitted;
    if (free <= 0) throw fatalError('too_many_connections', 'sorry, too many clients already');
    if (free <= this.#superuserPlaces && !isSuperuser) {
      throw fatalError(
        'too_many_connections',
        'remaining connection slots are reserved for non-replication superuser connections',
      );
    }
    this.#admitted++;
    this.#lobby.leave(connection);
  }

  /** One line at the first drop, then one per interval: a flood must not fill the log. */
  #reportFlood(): void {
    if (this.#floodReported || this.#dropped === 0) return;
    this.#env.log.warn('too many connections that have not logged in: the oldest are dropped', {
      dropped: this.#dropped,
    });
    this.#dropped = 0;
    this.#floodReported = true;
    this.#env.timers.after(FLOOD_REPORT_MS, () => {
      this.#floodReported = false;
      this.#reportFlood();
    });
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    const open = [...this.#open];
    for (const [connection] of open) connection.stop(shutdownError());
    const stopDeadline = this.#env.timers.after(STOP_MS, () => {
      for (const [, { stream }] of open) stream.destroy();
    });
    await Promise.all(open.map(([connection, { ended }]) => ended.then(() => connection.sent())));
    stopDeadline();
    // Half-closed streams would keep the listener from closing.
    for (const [, { stream }] of open) stream.destroy();
  }
}
