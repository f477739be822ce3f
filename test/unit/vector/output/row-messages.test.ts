import fc from '../../../support/fast-check.ts';
import { describe, expect, it } from 'vitest';
import { ByteWriter } from '../../../../src/base/byte-writer.ts';
import type { FormatSettings } from '../../../../src/types/codec.ts';
import { codecFor } from '../../../../src/types/codecs.ts';
import { OID, sqlType, type Oid } from '../../../../src/types/type.ts';
import type { Value } from '../../../../src/types/value.ts';
import { ColumnPlan } from '../../../../src/vector/output/column-plan.ts';
import { DATA_ROW } from '../../../../src/vector/output/message-target.ts';
import { RowMessages } from '../../../../src/vector/output/row-messages.ts';
import type { Batch } from '../../../../src/vector/vector.ts';
import { randomResult, TestTarget } from './random-batch.ts';
import { StringDictionary } from '../../../../src/vector/string-dictionary.ts';
import { expectSame } from '../../../support/expect-same.ts';

const SETTINGS: FormatSettings = {
  timeZone: 'Europe/Berlin',
  dateStyle: 'ISO',
  dateOrder: 'MDY',
  intervalStyle: 'postgres',
  byteaOutput: 'hex',
  extraFloatDigits: 1,
  nowMicros: 0,
};

const ZONES = ['UTC', 'Europe/Berlin', 'America/St_Johns', 'Asia/Kolkata', '<+05:30>-05:30'];

/** A field as its type's codec writes it. */
function field(oid: Oid, value: Value, isText: boolean, settings: FormatSettings): string | null {
  if (value === null) return null;
  const codec = codecFor(oid);
  if (isText) return Buffer.from(codec.formatText(value, settings)).toString('hex');
  const writer = new ByteWriter();
  codec.writeBinary(writer, value, settings);
  return Buffer.from(writer.view()).toString('hex');
}

function fieldsOf(body: Buffer): (string | null)[] {
  const fields: (string | null)[] = [];
  let at = 2;
  for (let i = body.readUInt16BE(0); i > 0; i--) {
    const length = body.readInt32BE(at);
    at += 4;
    fields.push(length < 0 ? null : body.toString('hex', at, at + length));
    at += Math.max(length, 0);
  }
  if (at !== body.length) throw new Error(`fields end at ${at} of ${body.length}`);
  return fields;
}

/** What rows were written, and how many are left to the caller. */
function encoded(
  batches: readonly Batch[],
  plans: readonly ColumnPlan[],
  settings: FormatSettings,
  due: number,
): { rows: (string | null)[][]; left: number } {
  const target = new TestTarget(due);
  const messages = new RowMessages(DATA_ROW, plans);
  let left = 0;
  for (const batch of batches) {
    for (let row = 0; row < batch.length; target.flush()) {
      const next = messages.encode(target, batch, settings, row);
      // Once a full target is excluded, a row that is not written is one for the caller.
      if (next === row) left++;
      row = next === row ? row + 1 : next;
    }
  }
  const rows = target.messages().map(({ type, body }) => {
    if (type !== DATA_ROW) throw new Error(`no DataRow, but ${type}`);
    return fieldsOf(body);
  });
  return { rows, left };
}

describe('messages of rows', () => {
  it('hold what the codecs write, whatever the vectors and wherever buffers end', () => {
    fc.assert(
      fc.property(
        randomResult,
        fc.infiniteStream(fc.boolean()),
        fc.constantFrom(...ZONES),
        fc.integer({ min: 2000, max: 20_000 }),
        ({ oids, batches, rows }, formats, timeZone, due) => {
          const settings = { ...SETTINGS, timeZone };
          const isText = oids.map(() => formats.next().value);
          const plans = oids.map((oid, i) => new ColumnPlan(oid, isText[i]!));
          const result = encoded(batches, plans, settings, due);
          expect(result.left).toBe(0);
          expect(result.rows).toEqual(
            rows.map((row) => row.map((value, i) => field(oids[i]!, value, isText[i]!, settings))),
          );
        },
      ),
    );
  });

  it('are the same for buffers that end at any byte', () => {
    const data = Float64Array.from({ length: 60 }, (_, i) => i / 7);
    const texts = Array.from({ length: 60 }, (_, i) => 'é'.repeat(i % 19));
    const columns = [
      { rep: 'f64', type: sqlType(OID.float8), length: 60, data, nulls: undefined },
      {
        rep: 'text',
        type: sqlType(OID.text),
        length: 60,
        codes: Int32Array.from(texts, (_, i) => i),
        dictionary: new StringDictionary(texts),
        nulls: undefined,
      },
    ] as const;
    const plans = (): ColumnPlan[] =>
      [OID.float8, OID.text].map((oid) => new ColumnPlan(oid, true));
    const batch = { columns, length: 60 };
    const whole = encoded([batch], plans(), SETTINGS, 100_000).rows;
    for (let due = 150; due < 900; due++) {
      const { rows, left } = encoded([batch], plans(), SETTINGS, due);
      expectSame(rows.flat(), whole.flat(), `buffers of ${due}`);
      expect(left).toBe(0);
    }
  });

  it('leave rows that are too large to the caller and go on behind them', () => {
    const texts = ['small', 'x'.repeat(100_000), 'other', 'y'.repeat(2_000_000), 'last'];
    const vector = {
      rep: 'text',
      type: sqlType(OID.text),
      length: 20,
      codes: Int32Array.from({ length: 20 }, (_, i) => i % 5),
      dictionary: new StringDictionary(texts),
      nulls: undefined,
    } as const;
    const plan = new ColumnPlan(OID.text, true);
    const { rows, left } = encoded([{ columns: [vector], length: 20 }], [plan], SETTINGS, 70_000);
    expect(left).toBe(8);
    expect(rows.map(([text]) => Buffer.from(text!, 'hex').toString())).toEqual(
      Array.from({ length: 4 }, () => ['small', 'other', 'last']).flat(),
    );
  });

  it('keep no more of a dictionary than they may', () => {
    const texts = Array.from({ length: 1500 }, (_, i) => `${i}`.repeat(1200));
    const dictionary = new StringDictionary(texts);
    const batches = Array.from({ length: 2 }, (_, b) => {
      const codes = Int32Array.from({ length: 3000 }, (_, i) => (i * 7 + b) % 1500);
      const type = sqlType(OID.text);
      const vector = {
        rep: 'text',
        type,
        length: 3000,
        codes,
        dictionary,
        nulls: undefined,
      } as const;
      return { columns: [vector], length: 3000 };
    });
    const plan = new ColumnPlan(OID.text, true);
    const { rows, left } = encoded(batches, [plan], SETTINGS, 65_536);
    expect(left).toBe(0);
    expect(rows).toHaveLength(6_000);
    const wrong = rows.filter(
      ([text], r) =>
        Buffer.from(text!, 'hex').toString() !==
        texts[((r % 3000) * 7 + Math.floor(r / 3000)) % 1500],
    );
    expect(wrong).toEqual([]);
  });

  it('keep zero bytes inside texts', () => {
    const texts = ['a\0b', '', '\0', 'plain'];
    const columns = [
      {
        rep: 'text',
        type: sqlType(OID.text),
        length: 4,
        codes: Int32Array.of(0, 1, 2, 3),
        dictionary: new StringDictionary(texts),
        nulls: undefined,
      },
    ] as const;
    const plan = new ColumnPlan(OID.text, true);
    const { rows } = encoded([{ columns, length: 4 }], [plan], SETTINGS, 65_536);
    expect(rows.map(([text]) => Buffer.from(text!, 'hex').toString())).toEqual(texts);
  });

  it('follow a zone through its transitions in any order', () => {
    const data = Float64Array.from(
      { length: 500 },
      (_, i) => 3e14 + ((i * 7919) % 500) * 86_400e6 * 37,
    );
    for (const timeZone of ZONES) {
      const settings = { ...SETTINGS, timeZone };
      const type = sqlType(OID.timestamptz);
      const vector = { rep: 'f64', type, length: 500, data, nulls: undefined } as const;
      const plan = new ColumnPlan(OID.timestamptz, true);
      const { rows } = encoded([{ columns: [vector], length: 500 }], [plan], settings, 65_536);
      expect(rows).toEqual(
        Array.from(data, (micros) => [field(OID.timestamptz, micros, true, settings)]),
      );
    }
  });
});
