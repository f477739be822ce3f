/** Accepts PostgreSQL connections and keeps count of them. */
import type { Env } from '../base/env.ts';
import type { Engine } from '../engine/session.ts';
import type { ByteStream, TlsCertificate } from '../platform/network.ts';
import { listenTcp } from '../platform/node-net.ts';
import { Connection, shutdownError, type ConnectionHost } from './connection.ts';

/** PostgreSQL's max_connections. */
export const CONNECTIONS_MAX = 100;
/** Streams beyond the clients' places: those that cancel, or that are told there is no place. */
const SPARE_STREAMS = 100;
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
}

export interface WireListener {
  readonly port: number;
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
  readonly #streamsMax: number;
  readonly #open = new Map<
    Connection,
    { readonly stream: ByteStream; readonly ended: Promise<void> }
  >();
  #admitted = 0;
  #stopping = false;

  constructor(options: Pick<WireListenerOptions, 'engine' | 'env' | 'tls' | 'connectionsMax'>) {
    const connectionsMax = options.connectionsMax ?? CONNECTIONS_MAX;
    this.#env = options.env;
    this.#streamsMax = connectionsMax + SPARE_STREAMS;
    this.#host = {
      engine: options.engine,
      env: options.env,
      tlsAvailable: options.tls !== undefined,
      mockSecret: options.env.random.bytes(32),
      admit: () => {
        if (this.#admitted >= connectionsMax) return false;
        this.#admitted++;
        return true;
      },
      leave: () => {
        this.#admitted--;
      },
    };
  }

  accept(stream: ByteStream): void {
    if (this.#stopping || this.#open.size >= this.#streamsMax) {
      stream.destroy();
      return;
    }
    const connection = new Connection(this.#host, stream);
    const ended = connection.run().then(() => void this.#open.delete(connection));
    this.#open.set(connection, { stream, ended });
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
