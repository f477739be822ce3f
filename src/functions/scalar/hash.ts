/** Hash functions of the hash operator classes; hashtext() is often a key for advisory locks. */
import { toInt64, type Int64 } from '../../types/value.ts';
import { scalar } from '../define.ts';
import { hashBytes, hashBytesExtended, hashWord } from '../digest/hash-any.ts';
import type { ScalarFunction } from '../function.ts';

const encoder = new TextEncoder();

/** int8 hashes like int4 where the value fits. */
function hashInt64(value: Int64): number {
  const bits = BigInt(value);
  const low = Number(BigInt.asIntN(32, bits));
  const high = Number(BigInt.asIntN(32, bits >> 32n));
  return hashWord(bits >= 0n ? low ^ high : low ^ ~high);
}

export const hashFunctions: readonly ScalarFunction[] = [
  scalar('hashtext(text) int4', (text: string) => hashBytes(encoder.encode(text))),
  scalar('hashtextextended(text, int8) int8', (text: string, seed: Int64) =>
    toInt64(hashBytesExtended(encoder.encode(text), BigInt(seed))),
  ),
  scalar('hashint2(int2) int4', (value: number) => hashWord(value)),
  scalar('hashint4(int4) int4', (value: number) => hashWord(value)),
  scalar('hashint8(int8) int4', (value: Int64) => hashInt64(value)),
  scalar('hashoid(oid) int4', (value: number) => hashWord(value)),
];
