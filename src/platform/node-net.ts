/** TCP listeners and streams over node:net and node:tls. */
import { X509Certificate } from 'node:crypto';
import { createServer, isIP, type AddressInfo, type Socket } from 'node:net';
import { createSecureContext, TLSSocket, type SecureContext } from 'node:tls';
import type { ByteStream, ListenOptions, Listener, StreamHandlers, TlsState } from './network.ts';
import { certificateEndPoint } from './certificate.ts';

/** Starts to accept connections; rejects with the system's error (EADDRINUSE, EACCES, ...). */
export async function listenTcp(options: ListenOptions): Promise<Listener> {
  const tls = options.tls === undefined ? undefined : loadTls(options.tls);
  const server = createServer({ allowHalfOpen: true, noDelay: true, keepAlive: true }, (socket) =>
    options.accept(new NodeStream(socket, tls)),
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: options.host, port: options.port, backlog: 1024 }, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
  // An accept that fails (EMFILE) concerns one connection only.
  server.on('error', () => undefined);
  return {
    host: options.host,
    port: (server.address() as AddressInfo).port,
    close: () => new Promise((resolve) => void server.close(() => resolve())),
  };
}

/** True for the addresses and names of this machine's loopback interface. */
export function isLoopbackHost(host: string): boolean {
  const bare = host.toLowerCase().replace(/^::ffff:/, '');
  if (isIP(bare) === 4) return bare.startsWith('127.');
  return bare === '::1' || bare === 'localhost';
}

interface TlsContext {
  readonly context: SecureContext;
  readonly state: TlsState;
}

function loadTls(pem: { readonly certificate: string; readonly key: string }): TlsContext {
  const context = createSecureContext({
    cert: pem.certificate,
    key: pem.key,
    minVersion: 'TLSv1.2',
  });
  return {
    context,
    state: { endPoint: certificateEndPoint(new X509Certificate(pem.certificate)) },
  };
}

class NodeStream implements ByteStream {
  readonly remoteAddress: string | null;
  readonly remotePort: number | null;
  readonly loopback: boolean;
  #socket: Socket;
  readonly #context: TlsContext | undefined;
  #tls: TlsState | null = null;

  constructor(socket: Socket, context: TlsContext | undefined) {
    this.#socket = socket;
    this.#context = context;
    this.remoteAddress = socket.remoteAddress ?? null;
    this.remotePort = socket.remotePort ?? null;
    this.loopback = isLoopbackHost(this.remoteAddress ?? '');
    // Until a receiver is attached a broken connection must not end the process.
    socket.on('error', ignore);
  }

  get tls(): TlsState | null {
    return this.#tls;
  }

  get pendingBytes(): number {
    return this.#socket.writableLength;
  }

  attach(handlers: StreamHandlers): void {
    const socket = this.#socket;
    let failure: Error | undefined;
    socket.on('data', (chunk: Buffer) =>
      handlers.data(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)),
    );
    socket.on('end', () => handlers.end());
    socket.on('error', (error) => {
      failure = error;
    });
    socket.on('close', () => handlers.closed(failure));
    if (socket.destroyed) handlers.closed(undefined);
  }

  write(bytes: Uint8Array, written?: () => void): void {
    if (this.#socket.writable) this.#socket.write(bytes, written);
    else written?.();
  }

  drained(): Promise<void> {
    const socket = this.#socket;
    if (socket.destroyed || !socket.writableNeedDrain) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        socket.removeListener('drain', done);
        socket.removeListener('close', done);
        resolve();
      };
      socket.on('drain', done);
      socket.on('close', done);
    });
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  upgradeTls(): Promise<void> {
    const { context, state } = this.#context as TlsContext;
    const plain = this.#socket;
    plain.removeAllListeners('data');
    plain.removeAllListeners('end');
    plain.removeAllListeners('close');
    const socket = new TLSSocket(plain, {
      isServer: true,
      secureContext: context,
      ALPNProtocols: ['postgresql'],
    });
    socket.on('error', ignore);
    this.#socket = socket;
    return new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('connection closed during the TLS handshake')));
      socket.once('secure', () => {
        this.#tls = state;
        socket.removeListener('error', reject);
        socket.removeAllListeners('close');
        resolve();
      });
    });
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

function ignore(): void {
  // The 'close' event that follows every error does the work.
}
