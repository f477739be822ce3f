import { describe, expect, it } from 'vitest';
import { ByteWriter } from '../../../src/base/byte-writer.ts';
import type { FormatCode } from '../../../src/engine/session.ts';
import { OutputBuffer } from '../../../src/pgwire/output-buffer.ts';
import { RowEncoder } from '../../../src/pgwire/row-encoder.ts';
import type { FormatSettings } from '../../../src/types/codec.ts';
import { codecFor } from '../../../src/types/codecs.ts';
import { OID, sqlType, type Oid } from '../../../src/types/type.ts';
import type { Value } from '../../../src/types/value.ts';
import { VectorBuilder } from '../../../src/vector/builder.ts';
import type { Batch } from '../../../src/vector/vector.ts';
import { seedOf } from '../../support/seed.ts';
import { rounds } from '../../support/rounds.ts';
import { expectSame } from '../../support/expect-same.ts';

const SETTINGS: FormatSettings = {
  timeZone: 'Europe/Berlin',
  dateStyle: 'ISO',
  dateOrder: 'MDY',
  intervalStyle: 'postgres',
  byteaOutput: 'hex',
  extraFloatDigits: 1,
  nowMicros: 0,
};

/** Values that each type's own text form gives back. */
const TEXTS: [Oid, string[]][] = [
  [OID.bool, ['t', 'f']],
  [OID.int2, ['0', '-1', '32767', '-32768', '9', '10', '99', '100']],
  [OID.int4, ['0', '-2147483648', '2147483647', '999999999', '1000000000', '-1000000001']],
  [
    OID.int8,
    [
      '0',
      '-1',
      '9007199254740991',
      '-9007199254740991',
      '9223372036854775807',
      '-9223372036854775808',
      '1000000000',
      '123456789012345',
    ],
  ],
  [OID.oid, ['0', '4294967295', '26']],
  [
    OID.float4,
    [
      '0',
      '-0',
      '1.5',
      'NaN',
      'Infinity',
      '-Infinity',
      '1e+06',
      '999999',
      '0.1',
      '1e-05',
      '3.4028235e+38',
      '16777216',
    ],
  ],
  [
    OID.float8,
    [
      '0',
      '-0',
      '0.1',
      '1e-05',
      '0.0001',
      '0.00012345',
      '1e+15',
      '999999999999999',
      '123456.789',
      'NaN',
      'Infinity',
      '-Infinity',
      '1e+300',
      '-1.7976931348623157e+308',
      '5e-324',
    ],
  ],
  [OID.text, ['', 'a', 'äöü€😀', 'x'.repeat(100), 'é'.repeat(60), 'tab\tand\nline']],
  [OID.varchar, ['a', 'b']],
  [OID.uuid, ['00000000-0000-0000-0000-000000000000', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11']],
  [
    OID.date,
    [
      '2000-01-01',
      '1999-12-31',
      '0001-01-01',
      '9999-12-31',
      '10000-01-01',
      '0044-03-15 BC',
      'infinity',
      '-infinity',
      '2024-02-29',
    ],
  ],
  [
    OID.timestamp,
    [
      '2000-01-01 00:00:00',
      '1999-12-31 23:59:59.999999',
      '2024-02-29 12:34:56.7',
      '0001-01-01 00:00:00',
      '0044-03-15 01:02:03 BC',
      '20000-01-01 00:00:00',
      'infinity',
      '-infinity',
      '1969-12-31 23:59:59.000001',
    ],
  ],
  [
    OID.timestamptz,
    [
      '2000-01-01 00:00:00+00',
      '2024-03-31 00:59:59.999999+00',
      '2024-03-31 01:00:00+00',
      '2024-10-27 00:59:59+00',
      '2024-10-27 01:00:00+00',
      '1890-01-01 00:00:00+00',
      '0001-01-01 00:00:00+00',
      '0044-03-15 01:02:03+00 BC',
      'infinity',
      '-infinity',
    ],
  ],
  [OID.time, ['00:00:00', '23:59:59.999999', '12:30:00']],
  [OID.numeric, ['0', '-1.50', '12345678901234567890.123', 'NaN', 'Infinity']],
  [OID.interval, ['1 year 2 mons 3 days 04:05:06.7', '-00:00:01']],
  [OID.bytea, ['\\x', '\\x00ff10']],
  [OID.jsonb, ['{"a": [1, null]}', '"x"']],
  [1007, ['{1,2,NULL}', '{}']],
];

function batchOf(oid: Oid, values: readonly Value[]): Batch {
  const builder = new VectorBuilder(sqlType(oid));
  for (const value of values) builder.append(value);
  return { columns: [builder.finish()], length: values.length };
}

/** The fields of the DataRow messages in these bytes, null for NULL. */
function decode(bytes: Uint8Array): (Buffer | null)[][] {
  const buffer = Buffer.from(bytes);
  const rows: (Buffer | null)[][] = [];
  for (let at = 0; at < buffer.length;) {
    if (buffer[at] !== 0x44) throw new Error(`no DataRow at ${at}`);
    const end = at + 1 + buffer.readInt32BE(at + 1);
    const row: (Buffer | null)[] = [];
    let field = at + 7;
    for (let i = buffer.readInt16BE(at + 5); i > 0; i--) {
      const length = buffer.readInt32BE(field);
      field += 4;
      row.push(length < 0 ? null : buffer.subarray(field, field + length));
      field += Math.max(length, 0);
    }
    if (field !== end) throw new Error(`a row ends at ${field}, not at ${end}`);
    rows.push(row);
    at = end;
  }
  return rows;
}

function encode(
  batches: readonly Batch[],
  oids: readonly Oid[],
  formats: FormatCode[],
  settings = SETTINGS,
): (Buffer | null)[][] {
  const parts: Uint8Array[] = [];
  const out = new OutputBuffer((bytes, written) => {
    parts.push(bytes.slice());
    written?.();
  });
  const encoder = new RowEncoder(out);
  const fields = oids.map((oid) => ({
    name: 'c',
    tableOid: 0,
    attnum: 0,
    type: sqlType(oid),
    typeLength: -1,
  }));
  for (const batch of batches) {
    for (let row = 0; row < batch.length; out.flush())
      row = encoder.encode(batch, fields, formats, settings, row);
  }
  return decode(new Uint8Array(Buffer.concat(parts)));
}

function expected(
  oid: Oid,
  value: Value,
  format: FormatCode,
  settings: FormatSettings,
): string | null {
  if (value === null) return null;
  if (format === 0) return Buffer.from(codecFor(oid).formatText(value, settings)).toString('hex');
  const writer = new ByteWriter();
  codecFor(oid).writeBinary(writer, value, settings);
  return Buffer.from(writer.view()).toString('hex');
}

describe('the row encoder writes what the codecs write', () => {
  for (const [oid, texts] of TEXTS) {
    const values: Value[] = texts.map((text) =>
      codecFor(oid).parseText(text, -1, { ...SETTINGS, timeZone: 'UTC' }),
    );
    values.splice(1, 0, null);
    for (const format of [0, 1] as const) {
      it(`for type ${oid} in format ${format}`, () => {
        for (const dateStyle of ['ISO', 'GERMAN'] as const) {
          for (const extraFloatDigits of [1, 0, -3]) {
            for (const timeZone of ['Europe/Berlin', 'UTC', 'Asia/Kolkata', 'America/New_York']) {
              const settings: FormatSettings = {
                ...SETTINGS,
                dateStyle,
                extraFloatDigits,
                timeZone,
              };
              const many = [...values, ...values, ...values];
              for (const list of [values, many]) {
                const rows = encode([batchOf(oid, list)], [oid], [format], settings);
                expect(rows.map(([field]) => field?.toString('hex') ?? null)).toEqual(
                  list.map((value) => expected(oid, value, format, settings)),
                );
              }
            }
          }
        }
      });
    }
  }

  it('for random numbers and instants', () => {
    const seed = seedOf('row encoder');
    let state = seed;
    const random = (): number => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31;
    const makers: [Oid, () => number][] = [
      [OID.float8, () => (random() - 0.5) * 10 ** Math.floor(random() * 40 - 20)],
      [OID.float8, () => Math.round(random() * 1e6) / 100],
      [OID.float4, () => Math.fround((random() - 0.5) * 10 ** Math.floor(random() * 20 - 10))],
      [OID.int8, () => Math.floor((random() - 0.5) * 2 ** Math.floor(random() * 53))],
      [OID.timestamptz, () => Math.floor((random() - 0.5) * 4e15)],
      [OID.timestamp, () => Math.floor((random() - 0.5) * 4e17)],
      [OID.date, () => Math.floor((random() - 0.5) * 1e6)],
    ];
    for (const [oid, make] of makers) {
      const values = Array.from({ length: rounds(1000) }, make);
      for (const format of [0, 1] as const) {
        const rows = encode([batchOf(oid, values)], [oid], [format]);
        const fields = rows.map(([field]) => field?.toString('hex'));
        const wanted = values.map((value) => expected(oid, value, format, SETTINGS));
        expectSame(fields, wanted, `type ${oid}, seed ${seed}`);
      }
    }
  });

  it('from one batch to the next, over flushes, with mixed formats', () => {
    const batches = Array.from({ length: 20 }, (_, b) => {
      const numbers = new VectorBuilder(sqlType(OID.int4));
      const texts = new VectorBuilder(sqlType(OID.text));
      for (let i = 0; i < 1000; i++) {
        numbers.append(b * 1000 + i);
        texts.append(i % 7 === 0 ? null : `name ${(b + i) % 13}`);
      }
      return { columns: [numbers.finish(), texts.finish()], length: 1000 };
    });
    const rows = encode(batches, [OID.int4, OID.text], [1, 0]);
    const wanted = Array.from({ length: 20_000 }, (_, r) => {
      const i = r % 1000;
      return `${r}: ${i % 7 === 0 ? null : `name ${(Math.floor(r / 1000) + i) % 13}`}`;
    });
    const found = rows.map(([number, text]) => `${number?.readInt32BE(0)}: ${text ?? null}`);
    expectSame(found, wanted);
  });
});
