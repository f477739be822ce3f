/**
 * What every value of ours in the key-value store is wrapped in: a format version, and a checksum over
 * key and body. A flipped byte, or a value under a wrong key, is reported and never returned as data.
 */
import { crc32c } from '../../base/crc32c.ts';
import { dbError, type DbError } from '../../errors/db-error.ts';

export const ENVELOPE_BYTES = 5;
const ENVELOPE_VERSION = 1;

/** Wraps `body` for storage under `key`. */
export function sealValue(key: Uint8Array, body: Uint8Array): Uint8Array {
  return sealRange(new Uint8Array(ENVELOPE_BYTES + body.length), key, body, 0, body.length);
}

/** As `sealValue` for `bytes[start, end)`, into `value`, which has the room that it takes. */
export function sealRange(
  value: Uint8Array,
  key: Uint8Array,
  bytes: Uint8Array,
  start: number,
  end: number,
): Uint8Array {
  if (end - start > SHORT_BODY) {
    value.set(bytes.subarray(start, end), ENVELOPE_BYTES);
  } else {
    const shift = ENVELOPE_BYTES - start;
    for (let i = start; i < end; i++) value[i + shift] = bytes[i] as number;
  }
  value[0] = ENVELOPE_VERSION;
  const checksum = crc32c(bytes, crc32c(key), start, end);
  value[1] = checksum >>> 24;
  value[2] = checksum >>> 16;
  value[3] = checksum >>> 8;
  value[4] = checksum;
  return value;
}

/** Bytes that are copied one by one. */
const SHORT_BODY = 48;

/** The body of a stored value; XX001 naming `what` where it is damaged. */
export function openValue(key: Uint8Array, value: Uint8Array, what: () => string): Uint8Array {
  if (value.length < ENVELOPE_BYTES) throw damagedValue(what());
  const stored =
    (((value[1] as number) << 24) |
      ((value[2] as number) << 16) |
      ((value[3] as number) << 8) |
      (value[4] as number)) >>>
    0;
  if (stored !== crc32c(value, crc32c(key), ENVELOPE_BYTES)) throw damagedValue(what());
  if (value[0] !== ENVELOPE_VERSION) throw damagedValue(what());
  return value.subarray(ENVELOPE_BYTES);
}

export function damagedValue(what: string): DbError {
  return dbError('data_corrupted', {
    message: `stored data of ${what} is damaged`,
    detail: 'A value does not match its checksum.',
    hint: 'Restore the data directory from a backup.',
  });
}
