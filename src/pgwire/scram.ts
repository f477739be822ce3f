/**
 * The server's side of SCRAM-SHA-256 (RFC 5802, RFC 7677) as PostgreSQL speaks it: two messages each
 * way. A user without a verifier goes through the same work with made-up keys and always fails, so the
 * exchange does not tell which users exist.
 */
import type { Random } from '../base/env.ts';
import { dbError, type DbError } from '../errors/db-error.ts';
import {
  base64Decode,
  base64Encode,
  equalConstantTime,
  hmacSha256,
  SCRAM_ITERATIONS,
  SCRAM_SALT_BYTES,
  sha256,
} from '../platform/scram-crypto.ts';

export const SCRAM_PLAIN = 'SCRAM-SHA-256';
export const SCRAM_PLUS = 'SCRAM-SHA-256-PLUS';

interface Verifier {
  readonly iterations: number;
  readonly salt: Uint8Array;
  readonly storedKey: Uint8Array;
  readonly serverKey: Uint8Array;
  /** False for the made-up verifier: every proof fails. */
  readonly genuine: boolean;
}

export interface ScramOptions {
  readonly random: Random;
  /** The role's verifier, or null for an unknown user or one without a password. */
  readonly verifier: string | null;
  readonly user: string;
  /** Secret from which the salts of unknown users follow: the same user always sees the same salt. */
  readonly mockSecret: Uint8Array;
  /** tls-server-end-point data of an encrypted connection; with it PLUS is offered. */
  readonly channelBinding: Uint8Array | null;
}

export class ScramExchange {
  readonly #options: ScramOptions;
  readonly #verifier: Verifier;
  #mechanism = SCRAM_PLAIN;
  #gs2Header = '';
  #clientFirstBare = '';
  #serverFirst = '';
  #nonce = '';

  constructor(options: ScramOptions) {
    this.#options = options;
    this.#verifier = parseVerifier(options.verifier) ?? mockVerifier(options);
  }

  /** Mechanisms to offer, best first. */
  get mechanisms(): readonly string[] {
    return this.#options.channelBinding === null ? [SCRAM_PLAIN] : [SCRAM_PLUS, SCRAM_PLAIN];
  }

  /** Takes client-first-message, answers server-first-message. */
  first(mechanism: string, message: string): string {
    if (!this.mechanisms.includes(mechanism)) {
      throw dbError(
        'protocol_violation',
        'client selected an invalid SASL authentication mechanism',
      );
    }
    this.#mechanism = mechanism;
    // gs2-cbind-flag "," [authzid] "," bare; the bare part's user name is ignored for the startup one.
    const parts =
      /^((?:n|y|p=[A-Za-z0-9.-]+),([^,]*),)(n=[^,]*,r=([\x21-\x2b\x2d-\x7e]+)(?:,.*)?)$/s.exec(
        message,
      );
    if (parts === null) throw malformed('The message does not follow the SCRAM syntax.');
    const [, gs2Header, authorization, bare, clientNonce] = parts as unknown as [
      string,
      string,
      string,
      string,
      string,
    ];
    if (authorization !== '') {
      throw dbError(
        'feature_not_supported',
        'client uses authorization identity, but it is not supported',
      );
    }
    this.#checkBindingFlag(gs2Header);
    this.#gs2Header = gs2Header;
    this.#clientFirstBare = bare;
    this.#nonce = clientNonce + base64Encode(this.#options.random.bytes(18));
    const { salt, iterations } = this.#verifier;
    this.#serverFirst = `r=${this.#nonce},s=${base64Encode(salt)},i=${iterations}`;
    return this.#serverFirst;
  }

  #checkBindingFlag(gs2Header: string): void {
    const flag = gs2Header[0];
    if (flag === 'p') {
      if (this.#mechanism !== SCRAM_PLUS) {
        throw malformed(
          'The client selected SCRAM-SHA-256 without channel binding, but the SCRAM message includes channel binding data.',
        );
      }
      if (!gs2Header.startsWith('p=tls-server-end-point,')) {
        throw dbError('protocol_violation', {
          message: `unsupported SCRAM channel-binding type "${gs2Header.slice(2, gs2Header.indexOf(','))}"`,
        });
      }
      return;
    }
    if (this.#mechanism === SCRAM_PLUS) {
      throw malformed(
        'The client selected SCRAM-SHA-256-PLUS, but the SCRAM message does not include channel binding data.',
      );
    }
    if (flag === 'y' && this.#options.channelBinding !== null) {
      throw dbError('invalid_authorization_specification', {
        message: 'SCRAM channel binding negotiation error',
        detail:
          'The client supports SCRAM channel binding but thinks the server does not.  However, this server does support channel binding.',
      });
    }
  }

  /** Takes client-final-message; answers server-final-message, or null for a wrong password. */
  final(message: string): string | null {
    const parts = /^(c=([^,]*),r=([^,]*)(?:,.*)?),p=([^,]*)$/s.exec(message);
    if (parts === null) throw malformed('The message does not follow the SCRAM syntax.');
    const [, withoutProof, binding, nonce, proofText] = parts as unknown as [
      string,
      string,
      string,
      string,
      string,
    ];
    this.#checkBinding(binding);
    if (nonce !== this.#nonce) {
      throw dbError('protocol_violation', {
        message: 'invalid SCRAM response',
        detail: 'Nonce does not match.',
      });
    }
    const proof = base64Decode(proofText);
    if (proof === undefined || proof.length !== 32) {
      throw malformed('Malformed proof in client-final-message.');
    }
    const authMessage = `${this.#clientFirstBare},${this.#serverFirst},${withoutProof}`;
    const { storedKey, serverKey, genuine } = this.#verifier;
    const signature = hmacSha256(storedKey, authMessage);
    const clientKey = proof.map((byte, i) => byte ^ (signature[i] as number));
    const matches = equalConstantTime(sha256(clientKey), storedKey);
    const serverSignature = hmacSha256(serverKey, authMessage);
    return matches && genuine ? `v=${base64Encode(serverSignature)}` : null;
  }

  #checkBinding(binding: string): void {
    const header = new TextEncoder().encode(this.#gs2Header);
    const data = this.#mechanism === SCRAM_PLUS ? this.#options.channelBinding : null;
    const expected = new Uint8Array(header.length + (data?.length ?? 0));
    expected.set(header);
    if (data !== null) expected.set(data, header.length);
    const given = base64Decode(binding);
    if (given !== undefined && equalConstantTime(given, expected)) return;
    if (data !== null) {
      throw dbError('invalid_authorization_specification', 'SCRAM channel binding check failed');
    }
    throw dbError(
      'protocol_violation',
      'unexpected SCRAM channel-binding attribute in client-final-message',
    );
  }
}

function malformed(detail: string): DbError {
  return dbError('protocol_violation', { message: 'malformed SCRAM message', detail });
}

/** `SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey`. */
function parseVerifier(text: string | null): Verifier | undefined {
  const parts = /^SCRAM-SHA-256\$(\d{1,9}):([^$:]+)\$([^$:]+):([^$:]+)$/.exec(text ?? '');
  if (parts === null) return undefined;
  const [salt, storedKey, serverKey] = parts.slice(2).map((part) => base64Decode(part));
  if (salt === undefined || storedKey?.length !== 32 || serverKey?.length !== 32) return undefined;
  return { iterations: Number(parts[1]), salt, storedKey, serverKey, genuine: true };
}

function mockVerifier({ random, mockSecret, user }: ScramOptions): Verifier {
  return {
    iterations: SCRAM_ITERATIONS,
    salt: hmacSha256(mockSecret, user).subarray(0, SCRAM_SALT_BYTES),
    storedKey: random.bytes(32),
    serverKey: random.bytes(32),
    genuine: false,
  };
}
