import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ByteReader } from '../../../src/base/byte-reader.ts';
import { ByteWriter } from '../../../src/base/byte-writer.ts';
import { codecFor } from '../../../src/types/codecs.ts';
import { compareValues, equalValues } from '../../../src/types/compare.ts';
import { hashKey, isHashable } from '../../../src/types/hash.ts';
import { encodeKey, isKeyType } from '../../../src/types/key-encoding.ts';
import { typeByName } from '../../../src/types/type-table.ts';
import type { Value } from '../../../src/types/value.ts';
import { quote, seededRandom, SETTINGS, startReference, type Reference } from './reference.ts';

const random = seededRandom('binary and order');

const VALUES: readonly (readonly [type: string, ...texts: string[]])[] = [
  ['bool', 't', 'f'],
  ['int2', '0', '-1', '32767', '-32768'],
  ['int4', '0', '-1', '2147483647', '-2147483648', '65536'],
  [
    'int8',
    '0',
    '-1',
    '9007199254740991',
    '9007199254740992',
    '9007199254740993',
    '-9007199254740993',
    '9223372036854775807',
    '-9223372036854775808',
    '4294967296',
    '-4294967297',
  ],
  [
    'float4',
    '0',
    '-0',
    '1.5',
    '0.1',
    'NaN',
    'Infinity',
    '-Infinity',
    '1e-45',
    '3.4028235e38',
    '-1',
  ],
  [
    'float8',
    '0',
    '-0',
    '1.5',
    '0.1',
    'NaN',
    'Infinity',
    '-Infinity',
    '5e-324',
    '1.7976931348623157e308',
    '-1',
  ],
  [
    'numeric',
    '0',
    '0.00',
    '-0.0',
    '1',
    '1.0',
    '1.00',
    '-1',
    '10000',
    '10000.0000',
    '0.0001',
    '0.00010',
    '1e20',
    '1e-20',
    '-123456789.987654321',
    '99999999',
    'NaN',
    'Infinity',
    '-Infinity',
    '100000000000000000000.5',
  ],
  ['text', '', 'a', 'ab', 'b', 'é', '😀', '', 'a ', 'B', 'aé'],
  ['varchar', '', 'a', 'a '],
  ['bpchar', '', 'a', 'a ', 'a   ', 'ab', 'b'],
  ['name', 'a', 'pg_class', ''],
  ['"char"', '', 'a', '\\377', 'b'],
  ['oid', '0', '23', '4294967295', '2147483648'],
  ['xid', '0', '4294967295'],
  ['bytea', '', '\\x00', '\\x0000', '\\xff', '\\x61', '\\x6162', '\\x80'],
  [
    'uuid',
    'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
    '00000000-0000-0000-0000-000000000000',
    'ffffffff-ffff-ffff-ffff-ffffffffffff',
    'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12',
  ],
  ['json', '{"a": 1}', '[1,2]', '"é"'],
  [
    'jsonb',
    'null',
    'true',
    'false',
    '1',
    '1.0',
    '1.50',
    '-2',
    '"a"',
    '"b"',
    '""',
    '[]',
    '{}',
    '[1]',
    '[1,2]',
    '[2]',
    '{"a":1}',
    '{"a":1.0}',
    '{"b":1}',
    '{"a":1,"b":2}',
    '{"aa":1}',
    '[null]',
    '[[]]',
    '[{}]',
    '"1"',
    '["1"]',
    '{"a":[1,{"b":null}]}',
    '[1,[2]]',
    '1e2',
    '100',
  ],
  [
    'date',
    '2024-02-29',
    '1999-12-31',
    '2000-01-01',
    'infinity',
    '-infinity',
    '0001-01-01 BC',
    '5874897-12-31',
  ],
  ['time', '00:00', '12:34:56.789', '24:00'],
  ['timetz', '12:00+00', '13:00+01', '12:00-05', '00:00+15', '12:00+01'],
  [
    'timestamp',
    '2024-02-29 12:34:56.789',
    '1999-12-31 23:59:59.999999',
    'infinity',
    '-infinity',
    '2000-01-01',
    '294276-12-31 23:59:59.999999',
    '4713-01-01 BC',
  ],
  [
    'timestamptz',
    '2024-02-29 12:34:56.789+02',
    '2024-02-29 10:34:56.789+00',
    'infinity',
    '-infinity',
  ],
  [
    'interval',
    '1 day',
    '24:00:00',
    '1 mon',
    '30 days',
    '-1 mon',
    '1 mon -1 day',
    '29 days',
    '0',
    '1 year',
    '360 days',
    '00:00:00.000001',
    '-00:00:00.000001',
    '178000000 years',
  ],
  [
    'int4[]',
    '{}',
    '{1}',
    '{1,2}',
    '{NULL}',
    '{1,NULL}',
    '{{1,2}}',
    '[0:1]={1,2}',
    '{2}',
    '{{1},{2}}',
    '{NULL,1}',
  ],
  ['text[]', '{}', '{a}', '{"a,b"}', '{NULL,"NULL"}', '{a,b}', '{""}', '{a,NULL}'],
  ['numeric[]', '{1.0}', '{1}', '{1.00,NaN}', '{}'],
  ['float8[]', '{0}', '{-0}', '{NaN}', '{1,2}'],
  ['jsonb[]', '{"{\\"a\\": 1}",null}', '{}'],
  ['timestamp[]', '{"2024-01-02 03:04:05",NULL}'],
  ['int2vector', '', '1', '1 2', '2 1', '2'],
  ['oidvector', '', '1', '1 2', '2', '4294967295'],
  ['tid', '(0,1)', '(0,2)', '(1,0)', '(10,1)', '(2,65535)'],
  [
    'inet',
    '10.0.0.1',
    '10.0.0.1/8',
    '10.0.0.0/8',
    '10.0.0.0/16',
    '10.1.0.0/16',
    '9.255.0.1',
    '::1',
    '::1/64',
    'fe80::1',
    '255.255.255.255',
    '10.0.0.2/8',
    '0.0.0.0/0',
  ],
  ['cidr', '10.0.0.0/8', '10.0.0.0/16', '10.1.0.0/16', '::1/128', '2001:db8::/32', '11.0.0.0/8'],
  ['macaddr', '08:00:2b:01:02:03', '00:00:00:00:00:00', 'ff:ff:ff:ff:ff:ff', '08:00:2b:01:02:04'],
];

const UNORDERED = new Set(['json', 'xid', 'int2vector']);

interface Sample {
  readonly text: string;
  readonly value: NonNullable<Value>;
}

function samplesOf(oid: number, texts: readonly string[]): Sample[] {
  return texts.map((text) => ({
    text,
    value: codecFor(oid).parseText(text, -1, SETTINGS) as NonNullable<Value>,
  }));
}

function toBinary(oid: number, value: NonNullable<Value>): Uint8Array {
  const writer = new ByteWriter(16);
  codecFor(oid).writeBinary(writer, value, SETTINGS);
  return writer.toBytes().slice();
}

function keyOf(oid: number, value: NonNullable<Value>): Buffer {
  const writer = new ByteWriter(16);
  encodeKey(writer, oid, value, false, false);
  return Buffer.from(writer.toBytes());
}

describe(`binary forms and order like PostgreSQL (SEED=${random.seed})`, () => {
  let reference: Reference;
  const send = new Map<number, string>();
  beforeAll(async () => {
    reference = await startReference();
    for (const row of await reference.rows('select oid::int, typsend::text send from pg_type'))
      send.set(row['oid'] as number, row['send'] as string);
  });
  afterAll(() => reference.close());

  it.each(VALUES)('writes and reads %s', async (type, ...texts) => {
    const oid = typeByName(type)?.oid as number;
    const samples = samplesOf(oid, texts);
    const theirs = await reference.evaluate(
      samples.map(({ text }) => `encode(${send.get(oid)}(${quote(text)}::${type}), 'hex')`),
    );
    const codec = codecFor(oid);
    samples.forEach(({ text, value }, i) => {
      const bytes = toBinary(oid, value);
      expect(Buffer.from(bytes).toString('hex'), text).toBe(theirs[i]);
      const reader = new ByteReader(bytes);
      const read = codec.readBinary(reader, bytes.length, -1, SETTINGS) as NonNullable<Value>;
      expect(reader.remaining).toBe(0);
      expect(codec.formatText(read, SETTINGS)).toBe(codec.formatText(value, SETTINGS));
      expect(typeof read).toBe(typeof value);
    });
  });

  it.each(VALUES.filter(([type]) => !UNORDERED.has(type)))(
    'orders and hashes %s',
    async (type, ...texts) => {
      const oid = typeByName(type)?.oid as number;
      const samples = samplesOf(oid, texts);
      const pairs = samples.flatMap((a) => samples.map((b) => [a, b] as const));
      const collate = ['text', 'varchar', 'bpchar', 'text[]'].includes(type) ? ' collate "C"' : '';
      const theirs = await reference.evaluate(
        pairs.map(([a, b]) => {
          const [x, y] = [a, b].map(({ text }) => `(${quote(text)}::${type}${collate})`);
          return `case when ${x} < ${y} then -1 when ${x} = ${y} then 0 when ${x} > ${y} then 1 end`;
        }),
      );
      pairs.forEach(([a, b], i) => {
        const label = `${a.text} ${b.text}`;
        const expected = Number(theirs[i]);
        expect(Math.sign(compareValues(oid, a.value, b.value)) + 0, label).toBe(expected);
        expect(equalValues(oid, a.value, b.value), label).toBe(expected === 0);
        expect(isHashable(oid)).toBe(true);
        expect(hashKey(oid, a.value) === hashKey(oid, b.value) || sameNaN(a, b), label).toBe(
          expected === 0,
        );
        if (isKeyType(oid))
          expect(Buffer.compare(keyOf(oid, a.value), keyOf(oid, b.value)), label).toBe(expected);
      });
    },
  );

  it('reads what it writes, for random numbers', () => {
    const int8 = typeByName('int8')?.oid as number;
    const numeric = typeByName('numeric')?.oid as number;
    for (let i = 0; i < 3000; i++) {
      const bits = random.below(64);
      const wide = BigInt.asIntN(
        64,
        (BigInt(random.below(2 ** 32)) * BigInt(random.below(2 ** 32))) >> BigInt(bits),
      );
      const digits = `${random.pick(['', '-'])}${random.below(2 ** 32)}${'0'.repeat(random.below(9))}`;
      const text = `${digits}.${'0'.repeat(random.below(9))}${random.below(10 ** random.below(10))}`;
      for (const [oid, source] of [
        [int8, wide.toString()],
        [numeric, text],
      ] as const) {
        const codec = codecFor(oid);
        const value = codec.parseText(source, -1, SETTINGS) as NonNullable<Value>;
        const bytes = toBinary(oid, value);
        const read = codec.readBinary(new ByteReader(bytes), bytes.length, -1, SETTINGS);
        expect(codec.formatText(read as NonNullable<Value>, SETTINGS)).toBe(
          source.replace(/^-0(?=\.0*$)/, '0'),
        );
      }
    }
  });

  it('refuses binary values of a wrong shape', () => {
    const read = (type: string, hex: string) => {
      const bytes = Uint8Array.from(Buffer.from(hex, 'hex'));
      const codec = codecFor(typeByName(type)?.oid as number);
      return () => codec.readBinary(new ByteReader(bytes), bytes.length, -1, SETTINGS);
    };
    expect(read('int4', '0001')).toThrow('insufficient data left in message');
    expect(read('int4', '0000000001')).toThrow('incorrect binary data format');
    expect(read('numeric', '0001000000000000270f')()).toMatchObject({ unscaled: 9999n });
    expect(read('numeric', '00010000000000002710')).toThrow(
      'invalid digit in external "numeric" value',
    );
    expect(read('numeric', '00010000123400000001')).toThrow(
      'invalid sign in external "numeric" value',
    );
    expect(read('int4[]', '000000070000000000000017')).toThrow('exceeds the maximum allowed');
    expect(read('int4[]', '000000010000000000000019')).toThrow('instead of expected 23');
    expect(read('int4[]', '0000000100000000000000177fffffff00000001')).toThrow();
    expect(read('text', 'ff')).toThrow('invalid byte sequence for encoding "UTF8": 0xff');
    expect(read('text', '6100')).toThrow('invalid byte sequence for encoding "UTF8": 0x00');
    expect(read('jsonb', '027b7d')).toThrow('unsupported jsonb version number 2');
    expect(read('uuid', '00')).toThrow();
    expect(read('inet', '04200004')).toThrow('invalid address family in external "inet" value');
  });
});

function sameNaN(a: Sample, b: Sample): boolean {
  return Number.isNaN(a.value) && Number.isNaN(b.value);
}
