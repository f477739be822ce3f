/**
 * Byte streams as the doors see them: no Node types, so that a test can stand in for the network.
 */

export interface StreamHandlers {
  /** Bytes as they arrive; the receiver owns them and may change them. */
  data(bytes: Uint8Array): void;
  /** The peer sends no more (it may still read). */
  end(): void;
  /** The stream is gone; nothing follows. `error` is set when it broke. */
  closed(error: Error | undefined): void;
}

/** One accepted connection. */
export interface ByteStream {
  readonly remoteAddress: string | null;
  readonly remotePort: number | null;
  /** True where the peer is on this machine. */
  readonly loopback: boolean;
  /** Set while the stream is encrypted. */
  readonly tls: TlsState | null;
  /** Bytes accepted by `write` that the operating system has not taken yet. */
  readonly pendingBytes: number;
  /** Must be called once, and again after `upgradeTls`. */
  attach(handlers: StreamHandlers): void;
  /** Queues bytes; they must stay unchanged until `written` is called. */
  write(bytes: Uint8Array, written?: () => void): void;
  /** Resolves when the queue is empty or the stream is gone. */
  drained(): Promise<void>;
  pause(): void;
  resume(): void;
  /** Runs the server side of the TLS handshake; rejects when it fails. */
  upgradeTls(): Promise<void>;
  /** Sends what is queued, then closes. */
  end(): void;
  /** Closes at once. */
  destroy(): void;
}

export interface TlsState {
  /** Data of SCRAM's tls-server-end-point channel binding: the hash of the server's certificate. */
  readonly endPoint: Uint8Array;
}

export interface TlsCertificate {
  /** PEM texts. */
  readonly certificate: string;
  readonly key: string;
}

export interface ListenOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly tls?: TlsCertificate | undefined;
  accept(stream: ByteStream): void;
}

export interface Listener {
  readonly host: string;
  readonly port: number;
  /** Stops accepting; streams stay open. */
  close(): Promise<void>;
}
