/** Digests by OpenSSL. */
import { createHash } from 'node:crypto';
import type { Stepped } from '../base/steps.ts';

export type DigestName = 'md5' | 'sha224' | 'sha256' | 'sha384' | 'sha512';

/** Bytes taken in one step: a millisecond at most. */
const STEP_BYTES = 256 * 1024;

export function digestOf(name: DigestName, bytes: Uint8Array): Uint8Array {
  return plain(createHash(name).update(bytes).digest());
}

export function* digestSteps(name: DigestName, bytes: Uint8Array): Stepped<Uint8Array> {
  const hash = createHash(name);
  for (let start = 0; start < bytes.length; start += STEP_BYTES) {
    hash.update(bytes.subarray(start, start + STEP_BYTES));
    yield;
  }
  return plain(hash.digest());
}

/** Not a Buffer, whose methods differ, and not in the memory that small ones share. */
function plain(digest: Uint8Array): Uint8Array {
  return new Uint8Array(digest);
}
