/**
 * Hashes of rows by the values of their keys, the same in every batch and for both sides of a join: keys
 * that are equal have equal hashes. Each level of partitioning has its own, or rows that went to one
 * partition would all go to one again.
 */
import { hashKey } from '../../types/hash.ts';
import { OID, vectorRep } from '../../types/type.ts';
import type { TextVector, Vector } from '../../vector/vector.ts';
import { hashText } from '../../vector/text-bytes.ts';

const NULL_HASH = 0x2545f491;

/** One hash a row, as signed 32-bit numbers. */
export function rowHashes(keys: readonly Vector[], length: number, level: number): Int32Array {
  const hashes = new Int32Array(length).fill(Math.imul(level + 1, 0x9e3779b1));
  for (const key of keys) {
    if (key.rep === 'f64' || key.rep === 'bool') addNumbers(hashes, key.data, key.nulls, length);
    else if (key.rep === 'text') addTexts(hashes, key, length);
    else addValues(hashes, key, length);
  }
  return hashes;
}

function mix(hash: number, value: number): number {
  const mixed = Math.imul(hash ^ value, 0x85ebca6b);
  const more = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return more ^ (more >>> 16);
}

function addNumbers(
  hashes: Int32Array,
  data: Float64Array | Uint8Array,
  nulls: Uint8Array | undefined,
  length: number,
): void {
  const doubles = new Float64Array(length);
  // Adding 0 turns -0 into 0; all NaNs are equal.
  for (let i = 0; i < length; i++) doubles[i] = data[i] === data[i] ? data[i] + 0 : NaN;
  const words = new Int32Array(doubles.buffer);
  for (let i = 0; i < length; i++) {
    const isNull = nulls !== undefined && nulls[i] === 1;
    hashes[i] = isNull
      ? mix(hashes[i], NULL_HASH)
      : mix(mix(hashes[i], words[2 * i]), words[2 * i + 1]);
  }
}

function addTexts(hashes: Int32Array, vector: TextVector, length: number): void {
  const { codes, nulls, dictionary, type } = vector;
  const isPadded = type.oid === OID.bpchar;
  // Where few of many strings are used, a table for all of them is not worth it.
  const known =
    dictionary.length <= 4 * length + 64 ? new Int32Array(dictionary.length) : undefined;
  for (let i = 0; i < length; i++) {
    if (nulls !== undefined && nulls[i] === 1) {
      hashes[i] = mix(hashes[i], NULL_HASH);
      continue;
    }
    const code = codes[i];
    let hash = known === undefined ? 0 : known[code];
    if (hash === 0) {
      hash = isPadded
        ? hashText(String(hashKey(type.oid, dictionary.at(code))))
        : dictionary.hashAt(code);
      if (known !== undefined) known[code] = hash;
    }
    hashes[i] = mix(hashes[i], hash);
  }
}

function addValues(
  hashes: Int32Array,
  { data, type }: Extract<Vector, { rep: 'any' }>,
  length: number,
): void {
  const isNumber = vectorRep(type.oid) === 'f64';
  const double = new Float64Array(1);
  const words = new Int32Array(double.buffer);
  for (let i = 0; i < length; i++) {
    const value = data[i];
    if (value === null) {
      hashes[i] = mix(hashes[i], NULL_HASH);
    } else if (isNumber && typeof value === 'number') {
      double[0] = value + 0;
      hashes[i] = mix(mix(hashes[i], words[0]), words[1]);
    } else {
      hashes[i] = mix(hashes[i], hashText(String(hashKey(type.oid, value))));
    }
  }
}
