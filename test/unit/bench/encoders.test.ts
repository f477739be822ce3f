import { describe, expect, it } from 'vitest';
import type { Batch, Table } from '../../bench/data/dataset.ts';
import { COPY_BINARY } from '../../bench/encode/binary.ts';
import type { Encoder } from '../../bench/encode/encoder.ts';
import { LINE_PROTOCOL } from '../../bench/encode/line-protocol.ts';
import { Out } from '../../bench/encode/out.ts';
import { COPY_TEXT, CSV, separated, timeText, VALUES } from '../../bench/encode/separated.ts';

const TABLE: Table = {
  name: 'm',
  columns: [
    { name: 'time', kind: 'time' },
    { name: 'id', kind: 'int', only: 'sql' },
    { name: 'tag', kind: 'text', tag: true },
    { name: 'whole', kind: 'float', decimals: 0, whole: true },
    { name: 'part', kind: 'float', decimals: 2 },
  ],
  indexes: [],
  orderBy: [],
};

const MICROS = Date.UTC(2016, 0, 1, 0, 0, 10) * 1000;

const BATCH: Batch = {
  table: TABLE,
  rows: 2,
  columns: [
    { values: Float64Array.of(MICROS, MICROS + 500_000) },
    { values: Float64Array.of(7, 8) },
    { codes: Int32Array.of(0, -1), dictionary: { words: ["it's, a\ttab"] } },
    { values: Float64Array.of(58, -1234567890123) },
    { values: Float64Array.of(-0.05, NaN) },
  ],
};

function encoded(encoder: Encoder): Buffer {
  const out = new Out(16);
  encoder.begin?.(out);
  const write = encoder.rows(BATCH);
  for (let row = 0; row < BATCH.rows; row++) write(out, row);
  encoder.end?.(out);
  return out.buffer.subarray(0, out.at);
}

describe('encoders', () => {
  it('write COPY text', () => {
    expect(encoded(separated(COPY_TEXT)).toString()).toBe(
      "2016-01-01 00:00:10+00\t7\tit's, a\\ttab\t58\t-0.05\n" +
        '2016-01-01 00:00:10.5+00\t8\t\\N\t-1234567890123\t\\N\n',
    );
  });

  it('write CSV and VALUES', () => {
    expect(encoded(separated(CSV)).toString()).toBe(
      '2016-01-01 00:00:10,7,"it\'s, a\ttab",58,-0.05\n' +
        '2016-01-01 00:00:10.5,8,,-1234567890123,\n',
    );
    expect(encoded(separated(VALUES)).toString()).toBe(
      "('2016-01-01 00:00:10+00',7,'it''s, a\ttab',58,-0.05)" +
        "('2016-01-01 00:00:10.5+00',8,NULL,-1234567890123,NULL)",
    );
  });

  it('write line protocol without NULLs', () => {
    expect(encoded(LINE_PROTOCOL).toString()).toBe(
      "m,tag=it's\\,\\ a\ttab whole=58i,part=-0.05 1451606410000000000\n" +
        'm whole=-1234567890123i 1451606410500000000\n',
    );
  });

  it('write COPY binary', () => {
    const bytes = encoded(COPY_BINARY);
    expect(bytes.subarray(0, 11).toString('latin1')).toBe('PGCOPY\n\xff\r\n\0');
    expect(bytes.readInt16BE(19)).toBe(5);
    expect(bytes.readInt32BE(21)).toBe(8);
    const since2000 = BigInt(MICROS) - BigInt(Date.UTC(2000, 0, 1)) * 1000n;
    expect(bytes.readBigInt64BE(25)).toBe(since2000);
    expect(bytes.readInt32BE(37)).toBe(7);
    expect(bytes.readDoubleBE(41 + 4 + 11 + 4)).toBe(58);
    expect(bytes.readInt16BE(bytes.length - 2)).toBe(-1);
  });

  it('write times before and after a full second', () => {
    expect(timeText(MICROS)).toBe('2016-01-01 00:00:10');
    expect(timeText(MICROS + 1)).toBe('2016-01-01 00:00:10.000001');
    expect(timeText(MICROS + 120_000)).toBe('2016-01-01 00:00:10.12');
  });
});
