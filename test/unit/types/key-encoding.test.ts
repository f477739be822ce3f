import { describe, expect, it } from 'vitest';
import { ByteWriter } from '../../../src/base/byte-writer.ts';
import { compareValues } from '../../../src/types/compare.ts';
import { Interval } from '../../../src/types/interval.ts';
import { encodeKey } from '../../../src/types/key-encoding.ts';
import { Numeric } from '../../../src/types/numeric.ts';
import { TimeTz } from '../../../src/types/time-tz.ts';
import { OID } from '../../../src/types/type.ts';
import type { Value } from '../../../src/types/value.ts';
import { seedOf } from '../../support/seed.ts';

const seed = seedOf('key encoding');
let state = seed;
const random = (): number => {
  state = (Math.imul(state, 1103515245) + 12345) >>> 0;
  return state / 4294967296;
};
const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
const integer = (): number => Math.trunc((random() - 0.5) * 2 ** Math.floor(random() * 53));
const texts = ['', 'a', 'ab', 'b', 'é', '\u{1F600}', '\uE000', 'a b', 'Z'];

const GENERATORS: readonly (readonly [string, number, () => Value])[] = [
  ['bool', OID.bool, () => random() < 0.5],
  ['int4', OID.int4, () => Math.trunc((random() - 0.5) * 4294967295)],
  [
    'int8',
    OID.int8,
    () => (random() < 0.3 ? pick([2n ** 62n, -(2n ** 63n), 2n ** 63n - 1n]) : integer()),
  ],
  ['timestamp', OID.timestamp, () => (random() < 0.2 ? pick([Infinity, -Infinity]) : integer())],
  [
    'float8',
    OID.float8,
    () =>
      random() < 0.3
        ? pick([NaN, 0, -0, Infinity, -Infinity, 5e-324])
        : (random() - 0.5) * 10 ** (random() * 40 - 20),
  ],
  [
    'numeric',
    OID.numeric,
    () =>
      random() < 0.2
        ? new Numeric(0n, 0, pick(['nan', 'infinity', '-infinity'] as const))
        : new Numeric(BigInt(integer()), Math.floor(random() * 12)),
  ],
  ['text', OID.text, () => pick(texts) + pick(texts)],
  ['bpchar', OID.bpchar, () => pick(texts) + pick(['', ' ', '   '])],
  [
    'bytea',
    OID.bytea,
    () => Uint8Array.from({ length: Math.floor(random() * 4) }, () => pick([0, 1, 127, 255])),
  ],
  [
    'interval',
    OID.interval,
    () => new Interval(pick([0, 1, -1, 1200]), pick([0, 30, -3]), integer()),
  ],
  [
    'timetz',
    OID.timetz,
    () => new TimeTz(Math.floor(random() * 86_400_000_000), pick([0, 3600, -7200])),
  ],
];

function key(oid: number, value: Value, descending: boolean, nullsFirst: boolean): Buffer {
  const writer = new ByteWriter(16);
  encodeKey(writer, oid, value, descending, nullsFirst);
  return Buffer.from(writer.toBytes());
}

describe(`encodeKey (SEED=${seed})`, () => {
  it.each(GENERATORS)('orders %s as compareValues does', (_name, oid, generate) => {
    for (let i = 0; i < 2000; i++) {
      const [a, b] = [generate(), generate()];
      const expected = Math.sign(compareValues(oid, a as never, b as never));
      expect(Math.sign(Buffer.compare(key(oid, a, false, false), key(oid, b, false, false)))).toBe(
        expected,
      );
      const descending = Math.sign(
        Buffer.compare(key(oid, a, true, false), key(oid, b, true, false)),
      );
      expect(descending + 0).toBe(-expected + 0);
    }
  });

  it('places NULL by nullsFirst whatever the direction', () => {
    for (const descending of [false, true]) {
      expect(
        Buffer.compare(key(OID.int4, null, descending, true), key(OID.int4, 5, descending, true)),
      ).toBe(-1);
      expect(
        Buffer.compare(key(OID.int4, null, descending, false), key(OID.int4, 5, descending, false)),
      ).toBe(1);
    }
  });

  it('refuses types without an order', () => {
    expect(() => key(OID.json, '{}', false, false)).toThrow(
      'an index on type json is not supported',
    );
  });
});
