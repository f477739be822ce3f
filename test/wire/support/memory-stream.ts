import type { ByteStream, StreamHandlers } from '../../../src/platform/network.ts';

/** A connection without a network: the test is the client. */
export class MemoryStream implements ByteStream {
  readonly remoteAddress: string;
  readonly remotePort = 50_000;
  readonly loopback: boolean;
  readonly tls = null;
  /** A client that does not read: what is written stays pending. */
  stalled = false;
  paused = false;
  ended = false;
  destroyed = false;
  pendingBytes = 0;
  pendingMax = 0;
  readonly #received: Uint8Array[] = [];
  #handlers: StreamHandlers | undefined;
  #early: Uint8Array[] = [];
  #resumed: (() => void)[] = [];
  #ended: (() => void)[] = [];

  constructor(loopback = true, remoteAddress = '127.0.0.1') {
    this.loopback = loopback;
    this.remoteAddress = remoteAddress;
  }

  attach(handlers: StreamHandlers): void {
    this.#handlers = handlers;
    for (const bytes of this.#early.splice(0)) handlers.data(bytes);
  }

  /** Bytes from the client, in pieces of this length. */
  send(bytes: Uint8Array, pieceLength = bytes.length): void {
    for (let at = 0; at < bytes.length; at += pieceLength) {
      // A copy: the receiver may change what it gets.
      const piece = new Uint8Array(bytes.subarray(at, at + pieceLength));
      if (this.#handlers === undefined) this.#early.push(piece);
      else this.#handlers.data(piece);
    }
  }

  hangUp(): void {
    this.#handlers?.end();
  }

  breakOff(): void {
    this.#handlers?.closed(new Error('connection reset'));
  }

  write(bytes: Uint8Array, written?: () => void): void {
    this.#received.push(bytes.slice());
    if (this.stalled) this.pendingBytes += bytes.length;
    this.pendingMax = Math.max(this.pendingMax, this.pendingBytes);
    written?.();
  }

  /** The client reads everything that waits. */
  read(): void {
    this.pendingBytes = 0;
    for (const resolve of this.#resumed.splice(0)) resolve();
  }

  drained(): Promise<void> {
    if (this.pendingBytes === 0) return Promise.resolve();
    return new Promise((resolve) => this.#resumed.push(resolve));
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  upgradeTls(): Promise<void> {
    return Promise.reject(new Error('no TLS here'));
  }

  end(): void {
    this.ended = true;
    for (const resolve of this.#ended.splice(0)) resolve();
  }

  destroy(): void {
    this.destroyed = true;
    this.end();
    queueMicrotask(() => this.#handlers?.closed(undefined));
  }

  /** Resolves when the server has closed the connection. */
  whenEnded(): Promise<void> {
    return this.ended ? Promise.resolve() : new Promise((resolve) => this.#ended.push(resolve));
  }

  output(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.#received));
  }
}
