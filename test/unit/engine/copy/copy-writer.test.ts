import fc from '../../../support/fast-check.ts';
import { describe, expect, it } from 'vitest';
import { ByteWriter } from '../../../../src/base/byte-writer.ts';
import { CopyWriter } from '../../../../src/engine/copy/copy-writer.ts';
import type { CopyOptions } from '../../../../src/engine/copy/options.ts';
import type { FormatSettings } from '../../../../src/types/codec.ts';
import { codecFor } from '../../../../src/types/codecs.ts';
import { OID, sqlType, type Oid } from '../../../../src/types/type.ts';
import type { Value } from '../../../../src/types/value.ts';
import { COPY_DATA } from '../../../../src/vector/output/message-target.ts';
import { vectorFromValues } from '../../../../src/vector/vector.ts';
import { randomResult, TestTarget, type RandomResult } from '../../vector/output/random-batch.ts';
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

const TEXT: CopyOptions = {
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
const CSV: CopyOptions = { ...TEXT, format: 'csv', delimiter: ',', nullText: '' };

const OPTIONS: readonly CopyOptions[] = [
  TEXT,
  { ...TEXT, delimiter: '|', nullText: 'a null text longer than a register', header: true },
  { ...TEXT, delimiter: '-' },
  { ...TEXT, delimiter: ' ', nullText: '' },
  { ...TEXT, delimiter: 'N' },
  { ...TEXT, delimiter: ']' },
  CSV,
  { ...CSV, delimiter: ';', header: true, forceQuote: ['c0', 'c2'] },
  { ...CSV, forceQuote: '*', nullText: 'NULL' },
  { ...CSV, nullText: '0' },
  { ...CSV, quote: "'", escape: '\\' },
  { ...CSV, quote: '1', escape: '1' },
  { ...CSV, delimiter: ':' },
];

const ESCAPES: Record<string, string> = {
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

function textField(text: string, { delimiter }: CopyOptions): string {
  return [...text]
    .map((character) => ESCAPES[character] ?? (character === delimiter ? '\\' : '') + character)
    .join('');
}

function csvField(text: string, options: CopyOptions, name: string, alone: boolean): string {
  const { delimiter, quote, escape, nullText, forceQuote } = options;
  const quoted =
    forceQuote === '*' ||
    forceQuote?.includes(name) ||
    text === nullText ||
    (alone && text === '\\.') ||
    [...text].some((character) => [delimiter, quote, '\r', '\n'].includes(character));
  if (quoted !== true) return text;
  const body = [...text].map((c) => (c === quote || c === escape ? escape + c : c));
  return quote + body.join('') + quote;
}

/** A line put together plainly. */
function line(row: readonly Value[], oids: readonly Oid[], options: CopyOptions): string {
  const fields = row.map((value, i) => {
    if (value === null) return options.nullText;
    const text = codecFor(oids[i]!).formatText(value, SETTINGS);
    return options.format === 'text'
      ? textField(text, options)
      : csvField(text, options, `c${i}`, row.length === 1);
  });
  return `${fields.join(options.delimiter)}\n`;
}

function tuple(row: readonly Value[], oids: readonly Oid[]): Buffer {
  const writer = new ByteWriter();
  writer.i16(row.length);
  for (const [i, value] of row.entries()) {
    const field = new ByteWriter();
    if (value !== null) codecFor(oids[i]!).writeBinary(field, value, SETTINGS);
    writer.i32(value === null ? -1 : field.length);
    writer.bytes(field.view());
  }
  return Buffer.from(writer.view());
}

/** The messages' contents. `inPieces`: every row as if it was large. */
function written(
  { oids, batches }: RandomResult,
  options: CopyOptions,
  due: number,
  inPieces = false,
): Buffer[] {
  const target = new TestTarget(due);
  const fields = oids.map((oid, i) => ({ name: `c${i}`, oid }));
  const writer = new CopyWriter(fields, options, SETTINGS);
  for (const batch of batches) {
    for (let row = 0; row < batch.length; target.flush()) {
      if (!inPieces) row = writer.rows(target, batch, row);
      if (row === batch.length || (!inPieces && !writer.isLarge(batch, row))) continue;
      put(target, Buffer.concat(allSteps(writer.largeRow(batch, row++))));
    }
  }
  const end = writer.end();
  const messages = target.messages().map(({ type, body }) => {
    expect(type).toBe(COPY_DATA);
    return body;
  });
  return end === undefined ? messages : [...messages, Buffer.from(end)];
}

function put(target: TestTarget, bytes: Uint8Array): void {
  target.ensure(bytes.length);
  target.bytes.set(bytes, target.length);
  target.length += bytes.length;
}

function allSteps<T>(steps: Generator<void, T, void>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

const due = fc.integer({ min: 2000, max: 20_000 });

describe('COPY TO', () => {
  for (const inPieces of [false, true]) {
    it(`writes lines${inPieces ? ' in pieces' : ''}`, () => {
      fc.assert(
        fc.property(randomResult, fc.constantFrom(...OPTIONS), due, (result, options, size) => {
          expect(written(result, options, size, inPieces).map(String)).toEqual(
            result.rows.map((row) => line(row, result.oids, options)),
          );
        }),
        { numRuns: rounds(30) },
      );
    });
  }

  it('writes tuples, the signature with the first', () => {
    const head = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
    const end = Buffer.of(0xff, 0xff);
    fc.assert(
      fc.property(randomResult, due, fc.boolean(), (result, size, inPieces) => {
        const tuples = [...result.rows.map((row) => tuple(row, result.oids)), end];
        tuples[0] = Buffer.concat([head, tuples[0]!]);
        const messages = written(result, { ...TEXT, format: 'binary' }, size, inPieces);
        expect(messages.map((each) => each.toString('hex'))).toEqual(
          tuples.map((each) => each.toString('hex')),
        );
      }),
    );
  });

  it('writes names before lines', () => {
    const fields = ['plain', 'with,comma', 'tab\t'].map((name) => ({ name, oid: OID.text }));
    const header = (options: CopyOptions): string | undefined => {
      const bytes = new CopyWriter(fields, options, SETTINGS).header();
      return bytes && Buffer.from(bytes).toString();
    };
    expect(header({ ...CSV, header: true })).toBe('plain,"with,comma",tab\t\n');
    expect(header({ ...TEXT, header: true })).toBe('plain\twith,comma\ttab\\t\n');
    expect(header(CSV)).toBeUndefined();
  });

  it('writes rows of megabytes', () => {
    const texts = ['a', 'tab\t'.repeat(500_000), 'b'];
    const batch = { columns: [vectorFromValues(sqlType(OID.text), texts)], length: 3 };
    const result = { oids: [OID.text], batches: [batch], rows: texts.map((text) => [text]) };
    for (const options of [TEXT, CSV]) {
      expect(written(result, options, 65_536).map(String)).toEqual(
        result.rows.map((row) => line(row, result.oids, options)),
      );
    }
  });
});
