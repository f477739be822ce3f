/** The cryptography that SCRAM-SHA-256 needs, and the verifier that a role stores. */
import { createHash, createHmac, pbkdf2, timingSafeEqual } from 'node:crypto';
import { saslPrep } from './sasl-prep.ts';

/** PostgreSQL's iteration count and salt length. */
export const SCRAM_ITERATIONS = 4096;
export const SCRAM_SALT_BYTES = 16;

export function sha256(bytes: Uint8Array): Uint8Array {
  return plain(createHash('sha256').update(bytes).digest());
}

export function hmacSha256(key: Uint8Array, text: string | Uint8Array): Uint8Array {
  return plain(createHmac('sha256', key).update(text).digest());
}

/** Compares in a time that depends on the lengths only. */
export function equalConstantTime(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

export function base64Encode(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
}

/** Strict: undefined for anything that is not canonical base64. */
export function base64Decode(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? plain(bytes) : undefined;
}

/** `SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey`, what PostgreSQL keeps in rolpassword. */
export async function scramVerifier(
  password: string,
  salt: Uint8Array,
  iterations = SCRAM_ITERATIONS,
): Promise<string> {
  const salted = await saltedPassword(saslPrep(password), salt, iterations);
  const storedKey = sha256(hmacSha256(salted, 'Client Key'));
  const serverKey = hmacSha256(salted, 'Server Key');
  return `SCRAM-SHA-256$${iterations}:${base64Encode(salt)}$${base64Encode(storedKey)}:${base64Encode(serverKey)}`;
}

function saltedPassword(
  password: string,
  salt: Uint8Array,
  iterations: number,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    pbkdf2(password, salt, iterations, 32, 'sha256', (error, key) =>
      error === null ? resolve(plain(key)) : reject(error),
    );
  });
}

function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}
