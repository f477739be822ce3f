/**
 * Rows read in blocks by kernels against rows read one by one: the same columns, and the same errors at
 * the same places, wherever the input is cut.
 */
import fc from '../../../support/fast-check.ts';
import { describe, expect, it } from 'vitest';
import { blockReaderFor } from '../../../../src/engine/copy/block-reader.ts';
import { BINARY_SIGNATURE, BinaryReader } from '../../../../src/engine/copy/binary-reader.ts';
import { ColumnSink } from '../../../../src/engine/copy/column-sink.ts';
import { CopyReader } from '../../../../src/engine/copy/copy-reader.ts';
import { CsvReader } from '../../../../src/engine/copy/csv-reader.ts';
import type { CopyOptions } from '../../../../src/engine/copy/options.ts';
import { CopyPlace } from '../../../../src/engine/copy/row-reader.ts';
import { TextReader } from '../../../../src/engine/copy/text-reader.ts';
import { DbError } from '../../../../src/errors/db-error.ts';
import type { FormatSettings } from '../../../../src/types/codec.ts';
import { OID, type SqlType } from '../../../../src/types/type.ts';
import { valueAt } from '../../../../src/vector/vector.ts';
import { rounds } from '../../../support/rounds.ts';

const SETTINGS: FormatSettings = {
  timeZone: 'Europe/Berlin',
  dateStyle: 'ISO',
  dateOrder: 'MDY',
  intervalStyle: 'postgres',
  byteaOutput: 'hex',
  extraFloatDigits: 1,
  nowMicros: 0,
};

const TYPES = new Map<string, SqlType>(
  (
    [
      'int2',
      'int4',
      'int8',
      'float4',
      'float8',
      'timestamptz',
      'timestamp',
      'date',
      'bool',
      'text',
      'varchar',
      'numeric',
    ] as const
  ).map((name) => [name, { oid: OID[name], typmod: -1 }]),
);
TYPES.set('varchar(3)', { oid: OID.varchar, typmod: 7 });
TYPES.set('timestamp(0)', { oid: OID.timestamp, typmod: 0 });

const DEFAULTS: CopyOptions = {
  format: 'text',
  delimiter: '\t',
  nullText: '\\N',
  header: false,
  quote: '"',
  escape: '"',
  forceQuote: null,
  forceNotNull: [],
  forceNull: [],
  freeze: false,
};
const CSV: CopyOptions = { ...DEFAULTS, format: 'csv', delimiter: ',', nullText: '' };

/** Reads all of it; columns as values, or the error with what a client sees of it. */
function load(
  pieces: readonly Uint8Array[],
  types: readonly SqlType[],
  options: CopyOptions,
  settings: FormatSettings,
  withKernels: boolean,
): unknown {
  const sinks = types.map((type, i) => new ColumnSink(`c${i}`, type, 4, settings, undefined));
  const place = new CopyPlace('t');
  const rows =
    options.format === 'binary'
      ? new BinaryReader(sinks, settings, place)
      : options.format === 'csv'
        ? new CsvReader(sinks, options, place)
        : new TextReader(sinks, { ...options, header: options.header === true }, place);
  const blocks = withKernels ? blockReaderFor(sinks, options, rows, place) : undefined;
  const reader = new CopyReader(sinks, rows, blocks, place, 4, 64);
  const values: unknown[][] = [];
  const take = (): void => {
    const vectors = sinks.map((sink) => (reader.rows === 0 ? undefined : sink.finish(reader.rows)));
    for (let row = 0; row < reader.rows; row++) {
      values.push(vectors.map((vector) => valueAt(vector!, row)));
    }
    reader.startBatch();
  };
  try {
    for (const piece of pieces) {
      // The wire's memory is used again.
      let rest: Uint8Array | undefined = piece.slice();
      while (rest !== undefined && !reader.isEnded) {
        rest = reader.read(rest);
        if (reader.isFull) take();
      }
    }
    while (reader.finish()) if (reader.isFull) take();
    take();
  } catch (error) {
    if (!(error instanceof DbError)) return { values, line: place.line, error: String(error) };
    const { code, message, fields } = error;
    return { values: values.length, code, message, where: fields.where, detail: fields.detail };
  }
  return { values, line: place.line, ended: reader.isEnded };
}

function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length];
  ends.sort((a, b) => a - b);
  return ends.map((end, i) => bytes.subarray(i === 0 ? 0 : ends[i - 1], end));
}

function agree(
  bytes: Uint8Array,
  places: readonly number[],
  types: readonly SqlType[],
  options: CopyOptions,
  settings = SETTINGS,
): void {
  const wanted = load([bytes], types, options, settings, false);
  expect(load(cut(bytes, places), types, options, settings, true)).toEqual(wanted);
}

const typeNames = fc.array(fc.constantFrom(...TYPES.keys()), { minLength: 1, maxLength: 5 });
const places = fc.array(fc.nat(), { maxLength: 8 });
const GOOD: Record<string, fc.Arbitrary<string>> = {
  int2: fc.integer({ min: -33_000, max: 33_000 }).map(String),
  int4: fc.oneof(fc.integer(), fc.constantFrom(-2147483648, 2147483648)).map(String),
  int8: fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n }), fc.integer()).map(String),
  float4: fc.oneof(fc.float(), fc.double(), fc.integer()).map(String),
  float8: fc.oneof(fc.double(), fc.integer({ min: 0, max: 99 }), fc.constant(' 1e5')).map(String),
  timestamptz: fc.constantFrom(
    '2016-01-01 00:00:00+00',
    '2016-03-27 02:30:00',
    '2016-07-01 12:00:00.5',
    '1700-01-01',
    'infinity',
    'Jan 5 2020 3:00 PST',
  ),
  timestamp: fc.constantFrom('2016-01-01 00:00:00', '2016-01-01T01:02:03.123456+05', '1.2.2020'),
  'timestamp(0)': fc.constantFrom('2016-01-01 00:00:00.7', '2016-01-01'),
  date: fc.constantFrom('2016-02-29', '2015-02-29', '1/2/2020', 'infinity', '9999-01-01'),
  bool: fc.constantFrom('t', 'f', 'true', 'no', 'ON', '1', 'tru', 'x'),
  text: fc.string({
    unit: fc.constantFrom('a', 'bc', 'é', '😀', ' ', '\\', '"', ','),
    maxLength: 30,
  }),
  varchar: fc.constantFrom('a', 'longer than sixteen bytes', '', 'x'.repeat(2000)),
  'varchar(3)': fc.constantFrom('a', 'abc', 'abc  ', 'abcd'),
  numeric: fc.constantFrom('1.50', '-3', 'NaN', '1e', ''),
};
const BAD = fc.constantFrom(
  '\\N',
  '',
  '\\.',
  '\\x41\\n',
  'zzz',
  '-',
  '0x1F',
  '\0',
  '"q""q"',
  '"a',
  '\r',
);

/** Rows of mostly good fields; sometimes one too many or too few. */
function rowsOf(names: readonly string[], delimiter: string): fc.Arbitrary<string> {
  const fields = names.map((name) =>
    fc.oneof({ weight: 12, arbitrary: GOOD[name] }, { weight: 1, arbitrary: BAD }),
  );
  const row = fc
    .tuple(fc.tuple(...fields), fc.integer({ min: 0, max: 40 }))
    .map(([values, chance]) =>
      (chance === 0 ? [...values, 'x'] : chance === 1 ? values.slice(1) : values).join(delimiter),
    );
  const end = fc.constantFrom('\n', '\n', '\n', '\r\n');
  const line = fc.tuple(row, end).map((parts) => parts.join(''));
  // The same row many times, so that there are batches and memos.
  const lines = fc.tuple(line, fc.integer({ min: 1, max: 30 })).map(([one, n]) => one.repeat(n));
  return fc.array(lines, { maxLength: 8 }).map((parts) => parts.join(''));
}

function inputs(delimiter: string): fc.Arbitrary<{ types: SqlType[]; bytes: Uint8Array }> {
  return typeNames.chain((names) =>
    fc
      .tuple(rowsOf(names, delimiter), fc.option(fc.tuple(fc.nat(), fc.nat({ max: 255 }))))
      .map(([text, damage]) => {
        const bytes = new Uint8Array(Buffer.from(text));
        if (damage !== null && bytes.length > 0) bytes[damage[0] % bytes.length] = damage[1];
        return { types: names.map((name) => TYPES.get(name)!), bytes };
      }),
  );
}

describe('rows in blocks', () => {
  it('are those of the text format', () => {
    const options = fc.constantFrom<Partial<CopyOptions>>(
      {},
      {},
      { nullText: '' },
      { nullText: '1' },
      { nullText: 'longer than eight' },
      { header: true },
    );
    fc.assert(
      fc.property(inputs('\t'), places, options, ({ types, bytes }, at, option) => {
        agree(bytes, at, types, { ...DEFAULTS, ...option });
      }),
      { numRuns: rounds(150) },
    );
  });

  it('are those of CSV', () => {
    const options = fc.constantFrom<Partial<CopyOptions>>(
      {},
      {},
      { nullText: 'zzz', forceNull: ['c0'], forceNotNull: ['c1'] },
      { escape: '\\' },
      { header: true },
    );
    fc.assert(
      fc.property(inputs(','), places, options, ({ types, bytes }, at, option) => {
        agree(bytes, at, types, { ...CSV, ...option });
      }),
      { numRuns: rounds(150) },
    );
  });

  it('are those of the binary format', () => {
    const value = fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(1, 2, 4, 8) },
      { weight: 1, arbitrary: fc.constantFrom(-1, 0, 3, 20, -2) },
    );
    const byte = fc.oneof(fc.constantFrom(0, 0, 0, 65, 255), fc.nat({ max: 255 }));
    const WIDTHS: Record<string, number> = { int2: 2, int4: 4, float4: 4, date: 4, bool: 1 };
    const rows = typeNames.chain((names) => {
      const cells = names.map((name) =>
        fc.oneof({ weight: 20, arbitrary: fc.constant(WIDTHS[name] ?? 8) }, value).chain((length) =>
          fc
            .array(byte, { minLength: Math.max(0, length), maxLength: Math.max(0, length) })
            .map((data) => {
              const head = Buffer.alloc(4);
              head.writeInt32BE(length);
              return Buffer.concat([head, Buffer.from(data)]);
            }),
        ),
      );
      const row = fc
        .tuple(...cells)
        .map((all) => Buffer.concat([Buffer.from([0, names.length]), ...all]));
      return fc.array(row, { maxLength: 100 }).map((all) => ({ names, bytes: Buffer.concat(all) }));
    });
    fc.assert(
      fc.property(
        rows,
        places,
        fc.constantFrom('ffff', '', '0005', 'ff'),
        ({ names, bytes }, at, end) => {
          const parts = [BINARY_SIGNATURE, Buffer.alloc(8), bytes, Buffer.from(end, 'hex')];
          const types = names.map((name) => TYPES.get(name)!);
          agree(new Uint8Array(Buffer.concat(parts)), at, types, { ...DEFAULTS, format: 'binary' });
        },
      ),
      { numRuns: rounds(150) },
    );
  });

  it('are the same wherever the input is cut', () => {
    const types = ['int4', 'text', 'timestamptz', 'float8'].map((name) => TYPES.get(name)!);
    const text = Buffer.from(
      '1\tü\\tb\t2016-01-01 00:00:00+00\t1.5\r\n\\N\t\\N\t2016-01-01\t-0\n3\tend\\\nline\t\\N\tNaN\n4\tx\tinfinity\t1',
    );
    const csv = Buffer.from(
      '1,"ü,""b",2016-01-01 00:00:00+00,1.5\r\n,"",2016-01-01,-0\r3,"end\nline",,NaN\n4,x"y"z,infinity,1',
    );
    for (const [bytes, options] of [
      [text, DEFAULTS],
      [csv, CSV],
    ] as const) {
      for (let i = 0; i <= bytes.length; i++) agree(bytes, [i, i + 1, i + 9], types, options);
      agree(bytes, [...bytes.keys()], types, options);
    }
  });

  it('may be larger than the place for them', () => {
    const types = [TYPES.get('text')!, TYPES.get('int4')!];
    for (const size of [65_530, 65_536, 131_072, 200_000, 1_000_000]) {
      const row = `${'wide €'.repeat(size / 8)}\t1\n`;
      const bytes = new Uint8Array(Buffer.from(`a\t1\n${row}b\t2\n${row}${row}c\t3\n`));
      agree(bytes, [], types, DEFAULTS);
      agree(
        bytes,
        Array.from({ length: 60 }, (_, i) => i * 65_536),
        types,
        DEFAULTS,
      );
    }
  });
});

describe('errors of COPY show where they arose', () => {
  const types = ['int4', 'text'].map((name) => TYPES.get(name)!);
  const where = (text: string, options: CopyOptions): unknown => {
    const bytes = new Uint8Array(Buffer.from(text));
    agree(bytes, [3, 7], types, options);
    return load([bytes], types, options, SETTINGS, true);
  };

  it('as the whole line where it has too few or too many fields', () => {
    expect(where('1\ta\n7001\n', DEFAULTS)).toMatchObject({
      message: 'missing data for column "c1"',
      where: 'COPY t, line 2: "7001"',
    });
    expect(where('1\ta\n2\t"b"\t\\N\r\n', DEFAULTS)).toMatchObject({
      message: 'extra data after last expected column',
      where: 'COPY t, line 2: "2\t"b"\t\\N"',
    });
    expect(where('1,a\n2,"b",3\n', CSV)).toMatchObject({ where: 'COPY t, line 2: "2,"b",3"' });
    expect(where('"7001"\n', CSV)).toMatchObject({ where: 'COPY t, line 1: ""7001""' });
  });

  it('as the field, of which no more is shown than a hundred bytes', () => {
    expect(where('x\ta\n', DEFAULTS)).toMatchObject({ where: 'COPY t, line 1, column c0: "x"' });
    const long = `${'y'.repeat(99)}ü`;
    expect(where(`${long}\ta\n`, DEFAULTS)).toMatchObject({
      where: `COPY t, line 1, column c0: "${'y'.repeat(99)}..."`,
    });
  });
});
