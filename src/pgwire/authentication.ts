/** Finds out whether the client is who it says: trust on loopback, else SCRAM-SHA-256. */
import type { ByteReader } from '../base/byte-reader.ts';
import type { Random } from '../base/env.ts';
import { fatalError } from '../errors/db-error.ts';
import type { Engine } from '../engine/session.ts';
import type { ByteStream } from '../platform/network.ts';
import { writeAuthentication } from './backend-messages.ts';
import type { ClientOutput } from './client-output.ts';
import type { FrameSource } from './frame-source.ts';
import { readMessage } from './frontend-messages.ts';
import { FRONTEND } from './message-types.ts';
import type { OutputBuffer } from './output-buffer.ts';
import { ScramExchange } from './scram.ts';

/** Codes of the Authentication message. */
const AUTHENTICATION = { ok: 0, sasl: 10, saslContinue: 11, saslFinal: 12 } as const;

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export interface AuthenticationContext {
  readonly engine: Engine;
  readonly random: Random;
  /** See ScramOptions. */
  readonly mockSecret: Uint8Array;
  readonly stream: ByteStream;
  readonly source: FrameSource;
  readonly output: ClientOutput;
}

/** The role that every server starts with. */
const FIRST_ROLE = 'postgres';

/** Ends the exchange for a client who is let in. */
export function writeAuthenticationOk(out: OutputBuffer): void {
  writeAuthentication(out, AUTHENTICATION.ok);
}

/** Resolves to false when the client went away. Throws a FATAL error for a user who may not enter. */
export async function authenticate(context: AuthenticationContext, user: string): Promise<boolean> {
  const { engine, stream } = context;
  const { verifier } = engine.loginRole(user);
  // Once the first role has a password, nobody is let in merely for coming from this machine.
  const trusted =
    stream.loopback && verifier === null && engine.loginRole(FIRST_ROLE).verifier === null;
  return trusted || scram(context, user, verifier);
}

async function scram(
  context: AuthenticationContext,
  user: string,
  verifier: string | null,
): Promise<boolean> {
  const { stream, output, random, mockSecret } = context;
  const channelBinding = stream.tls?.endPoint ?? null;
  const exchange = new ScramExchange({ random, verifier, user, mockSecret, channelBinding });
  const names = exchange.mechanisms.map((name) => `${name}\0`).join('');
  writeAuthentication(output.buffer, AUTHENTICATION.sasl, ENCODER.encode(`${names}\0`));
  const start = await receive(context);
  if (start === undefined) return false;
  const { mechanism, response } = readInitialResponse(start);
  let first = response;
  if (first === null) {
    // No initial response: an empty challenge asks for it.
    writeAuthentication(output.buffer, AUTHENTICATION.saslContinue);
    const payload = await receive(context);
    if (payload === undefined) return false;
    first = text(payload);
  }
  const challenge = ENCODER.encode(exchange.first(mechanism, first));
  writeAuthentication(output.buffer, AUTHENTICATION.saslContinue, challenge);
  const last = await receive(context);
  if (last === undefined) return false;
  const outcome = exchange.final(text(last));
  if (outcome === null) {
    throw fatalError('invalid_password', `password authentication failed for user "${user}"`);
  }
  writeAuthentication(output.buffer, AUTHENTICATION.saslFinal, ENCODER.encode(outcome));
  return true;
}

/** The payload of the client's next password message; undefined when the client leaves. */
async function receive({ source, output }: AuthenticationContext): Promise<Uint8Array | undefined> {
  source.mode = 'authentication';
  output.flush();
  // A client that stalls here must not hold a buffer of the busy.
  output.idle();
  const frame = await source.next();
  return frame === undefined || frame.type === FRONTEND.terminate ? undefined : frame.payload;
}

function readInitialResponse(payload: Uint8Array): { mechanism: string; response: string | null } {
  return readMessage(payload, (reader: ByteReader) => {
    const zero = reader.bytes.indexOf(0);
    const mechanism = text(reader.take(zero < 0 ? 0 : zero));
    reader.u8();
    const length = reader.i32();
    return { mechanism, response: length === -1 ? null : text(reader.take(length)) };
  });
}

function text(bytes: Uint8Array): string {
  try {
    return DECODER.decode(bytes);
  } catch {
    throw fatalError('protocol_violation', {
      message: 'malformed SCRAM message',
      detail: 'The message is not valid UTF-8.',
    });
  }
}
