import { describe, expect, it } from 'vitest';
import { ByteReader } from '../../../src/base/byte-reader.ts';
import { ByteWriter } from '../../../src/base/byte-writer.ts';
import { finishNow, type Stepped } from '../../../src/base/steps.ts';
import { ByteChunks } from '../../../src/types/byte-chunks.ts';
import type { Codec, FormatSettings } from '../../../src/types/codec.ts';
import { codecFor } from '../../../src/types/codecs.ts';
import {
  isLarge,
  PIECE_LENGTH,
  quotedPieces,
  slices,
  textPieces,
  wholeText,
  writePieces,
  writeSteps,
} from '../../../src/types/large-value.ts';
import { jsonObject, type JsonNode } from '../../../src/types/json-node.ts';
import { Jsonb } from '../../../src/types/jsonb.ts';
import { Numeric } from '../../../src/types/numeric.ts';
import { PgArray } from '../../../src/types/pg-array.ts';
import { PgRecord } from '../../../src/types/pg-record.ts';
import { OID, sqlType, type Oid } from '../../../src/types/type.ts';
import type { Value } from '../../../src/types/value.ts';
import { NEUTRAL_FORMAT } from '../../../src/types/neutral-format.ts';

const SETTINGS: FormatSettings = NEUTRAL_FORMAT;

const TEXT_ARRAY = 1009;
const INT4_ARRAY = 1007;
const JSONB_ARRAY = 3807;
const BYTEA_ARRAY = 1001;

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, i) => (i * 7919) % 1_000_003);
}

/** Texts of every length around a piece's border, with a surrogate pair, a quote and a backslash there. */
function borderTexts(): string[] {
  const texts: string[] = [];
  for (let more = -3; more <= 3; more++) {
    for (const special of ['😀', '"', '\\', 'é', '\n']) {
      texts.push(`${'a'.repeat(PIECE_LENGTH + more)}${special}${'b'.repeat(PIECE_LENGTH * 2)}`);
    }
  }
  return texts;
}

const object = (members: readonly (readonly [string, JsonNode])[]): JsonNode => jsonObject(members);
const bytes = Uint8Array.from({ length: 70_001 }, (_, i) => (i * 31) % 256);
const someNodes: JsonNode[] = numbers(10_000).map((n) =>
  n % 5 === 0
    ? null
    : n % 5 === 1
      ? `t${n}"`
      : n % 5 === 2
        ? n % 2 === 0
        : new Numeric(BigInt(n), 0),
);

const LARGE: readonly (readonly [string, Oid, NonNullable<Value>])[] = [
  ['an array of numbers', INT4_ARRAY, new PgArray(OID.int4, numbers(20_000))],
  [
    'an array with NULLs and texts to quote',
    TEXT_ARRAY,
    new PgArray(
      OID.text,
      numbers(20_000).map(
        (n) => ['NULL', '', 'a b', null, 'x', '"\\', '{,}', 'é😀'][n % 8] as string,
      ),
    ),
  ],
  [
    'an array of three dimensions and other bounds',
    INT4_ARRAY,
    new PgArray(OID.int4, numbers(24_000), [20, 30, 40], [0, -5, 7]),
  ],
  ['an array of one large text', TEXT_ARRAY, new PgArray(OID.text, ['x'.repeat(300_000)])],
  [
    'an array of texts',
    TEXT_ARRAY,
    new PgArray(OID.text, [...borderTexts(), null, 'y'.repeat(400_000)]),
  ],
  [
    'an array of documents',
    JSONB_ARRAY,
    new PgArray(OID.jsonb, [
      new Jsonb(someNodes),
      null,
      new Jsonb('a'.repeat(50_000)),
      new Jsonb(null),
    ]),
  ],
  [
    'an array of byte strings',
    BYTEA_ARRAY,
    new PgArray(OID.bytea, [bytes, null, new Uint8Array(0)]),
  ],
  ['bytes', OID.bytea, bytes],
  ['a text', OID.text, 'äöü€😀'.repeat(100_000)],
  ['a json text', OID.json, `["${'x'.repeat(500_000)}"]`],
  ['an array in jsonb', OID.jsonb, new Jsonb(someNodes)],
  ['texts in jsonb', OID.jsonb, new Jsonb(borderTexts())],
  ['a text in jsonb', OID.jsonb, new Jsonb(`${'x"\\\n'.repeat(20_000)}😀`)],
  [
    'objects in jsonb',
    OID.jsonb,
    new Jsonb(
      object([
        ['a"', someNodes],
        ['b', object(someNodes.map((node, i) => [`key ${i}`, node]))],
        ['c', []],
        ['d', object([])],
        ['e', [[[someNodes, 'x'.repeat(100_000)]]]],
      ]),
    ),
  ],
  [
    'a record',
    OID.record,
    new PgRecord(
      [OID.int4, OID.text, INT4_ARRAY, OID.jsonb, OID.text].map((oid) => sqlType(oid)),
      ['a', 'b', 'c', 'd', 'e'],
      [1, null, new PgArray(OID.int4, numbers(10_000)), new Jsonb(someNodes), 'z'.repeat(300_000)],
    ),
  ],
];

describe('a large value in pieces', () => {
  for (const [name, oid, value] of LARGE) {
    const codec = codecFor(oid);
    for (const byteaOutput of ['hex', 'escape'] as const) {
      it(`has the same text: ${name}, bytea_output ${byteaOutput}`, () => {
        const settings = { ...SETTINGS, byteaOutput };
        expect(isLarge(value)).toBe(true);
        const pieces = [...textPieces(codec, value, settings)];
        const whole = codec.formatText(value, settings);
        expect(pieces.join('') === whole).toBe(true);
        expect(wholeText(codec, value, settings) === whole).toBe(true);
        expect(pieces.length).toBeGreaterThan(whole.length / PIECE_LENGTH / 6);
        expect(utf8(pieces).equals(Buffer.from(whole))).toBe(true);
      });
    }

    it(`has the same binary form: ${name}`, () => {
      const chunks = new ByteChunks();
      const steps = [...writeSteps(codec, chunks, value, SETTINGS)].length;
      const writer = new ByteWriter();
      codec.writeBinary(writer, value, SETTINGS);
      expect(Buffer.concat(chunks.finish()).equals(writer.view())).toBe(true);
      expect(steps).toBeGreaterThan(writer.length / 400_000);
    });

    const { readSteps, prepareSteps } = codec;
    if (value instanceof PgArray)
      it(`is read in steps: ${name}`, () => {
        const written = binaryOf(codec, value);
        const steps = readSteps!(new ByteReader(written), written.length, -1, SETTINGS);
        const { result, count } = counted(steps);
        expect(binaryOf(codec, result as NonNullable<Value>).equals(written)).toBe(true);
        if (!name.includes('byte strings'))
          expect(count).toBeGreaterThan(written.length / 1_000_000);
        const cut = new ByteReader(written, 0, written.length - 1);
        expect(() => finishNow(readSteps!(cut, cut.end, -1, SETTINGS))).toThrow();
      });

    if (prepareSteps !== undefined)
      it(`is prepared in steps for who writes: ${name}`, () => {
        const written = binaryOf(codec, value);
        const { count } = counted(prepareSteps(value));
        // Of few large texts there is nothing to prepare: they are only copied.
        const isCopied = value instanceof PgArray && oid !== JSONB_ARRAY && value.items.length < 64;
        if (!isCopied) expect(count).toBeGreaterThan(0);
        expect(binaryOf(codec, value).equals(written)).toBe(true);
      });
  }

  it('is told from others by what there is to format', () => {
    expect(isLarge('x'.repeat(1000))).toBe(false);
    expect(isLarge(new PgArray(OID.int4, numbers(100)))).toBe(false);
    expect(isLarge(new PgArray(OID.text, ['x'.repeat(20_000), 'y'.repeat(20_000)]))).toBe(true);
    expect(isLarge(new Jsonb(object([['a', [someNodes]]])))).toBe(true);
    expect(isLarge(new Jsonb(object([['a', [1, 2].map((n) => new Numeric(BigInt(n), 0))]])))).toBe(
      false,
    );
  });
});

function binaryOf(codec: Codec, value: NonNullable<Value>): Buffer {
  const writer = new ByteWriter();
  codec.writeBinary(writer, value, SETTINGS);
  return Buffer.from(writer.toBytes());
}

/** What steps give, and how many they are. */
function counted<T>(steps: Stepped<T>): { readonly result: T; readonly count: number } {
  for (let count = 0; ; count++) {
    const step = steps.next();
    if (step.done === true) return { result: step.value, count };
  }
}

function utf8(pieces: readonly string[]): Buffer {
  const chunks = new ByteChunks();
  for (const _ of writePieces(chunks, pieces.values() as Generator<string>)) {
    // Each piece is a step.
  }
  return Buffer.concat(chunks.finish());
}

describe('pieces', () => {
  it('end between characters', () => {
    for (const text of [...borderTexts(), '', '😀'.repeat(PIECE_LENGTH), '\ud83d'.repeat(40_000)]) {
      const pieces = [...slices(text)];
      expect(pieces.join('') === text).toBe(true);
      expect(utf8(pieces).equals(Buffer.from(text))).toBe(true);
    }
  });

  it('are quoted where one of them needs it, or all of them are a text that is taken', () => {
    const quoted = (parts: string[], taken: string[] = []): string =>
      [
        ...quotedPieces(parts.values() as Generator<string>, {
          quote: "'",
          needsQuotes: (piece) => piece.includes(','),
          escape: (piece) => piece.replaceAll("'", "''"),
          taken,
        }),
      ].join('');
    expect(quoted(['a', "b'", 'c'])).toBe("ab'c");
    expect(quoted(['a', "b'", 'c,'])).toBe("'ab''c,'");
    expect(quoted(['a', 'b'], ['x', 'ab'])).toBe("'ab'");
    expect(quoted(['a', 'b'], ['abc'])).toBe('ab');
  });
});

describe('chunks of bytes', () => {
  it('know the lengths of what was written over their borders', () => {
    const chunks = new ByteChunks();
    chunks.tail.u8(1);
    const outer = chunks.begin();
    for (let i = 0; i < 10; i++) chunks.utf8('é'.repeat(10_000));
    const inner = chunks.begin();
    for (let i = 0; i < 5; i++) chunks.utf8('x'.repeat(40_000));
    chunks.end(inner);
    chunks.end(outer, 4);
    const parts = chunks.finish();
    const all = Buffer.concat(parts);
    expect(parts.length).toBeGreaterThan(4);
    expect(all.readInt32BE(1)).toBe(all.length - 1);
    expect(all.readInt32BE(5 + 200_000)).toBe(200_000);
  });
});
