/** Batches of random columns in every form that vectors have, for tests of what encoders write. */
import fc from '../../../support/fast-check.ts';
import { kernelViews, tryAllocate, type KernelBlock } from '../../../../src/kernels/memory.ts';
import { SLACK_BYTES } from '../../../../src/kernels/output-kernels.ts';
import { PgArray } from '../../../../src/types/pg-array.ts';
import { OID, sqlType, type Oid } from '../../../../src/types/type.ts';
import type { Value } from '../../../../src/types/value.ts';
import type { MessageTarget } from '../../../../src/vector/output/message-target.ts';
import { vectorFromValues, type Batch, type Vector } from '../../../../src/vector/vector.ts';
import { StringDictionary } from '../../../../src/vector/string-dictionary.ts';
import { TextTable } from '../../../../src/vector/text-table.ts';

const DAY = 86_400_000_000;
const TEXTS = ['', 'a', 'host_1', 'tab\there', 'line\nend', 'back\\slash', '\\.', 'say "hi"', ','];
const WIDE = [
  'äöü',
  '日本語テキスト',
  '😀😀',
  'x'.repeat(15),
  'y'.repeat(16),
  'ß'.repeat(200),
  '\\N',
];

const text = fc.oneof(
  fc.constantFrom(...TEXTS, ...WIDE),
  fc.string({ unit: 'grapheme', maxLength: 40 }).map((each) => each.replaceAll('\0', '')),
);
const micros = fc.oneof(
  fc.integer({ min: 6e14, max: 6e14 + DAY * 400 }),
  fc.maxSafeInteger(),
  fc.constantFrom(Infinity, -Infinity),
);

interface Kind {
  readonly oid: Oid;
  readonly value: fc.Arbitrary<NonNullable<Value>>;
}

const KINDS: readonly Kind[] = [
  { oid: OID.bool, value: fc.boolean() },
  { oid: OID.int2, value: fc.integer({ min: -32_768, max: 32_767 }) },
  { oid: OID.int4, value: fc.integer() },
  { oid: OID.oid, value: fc.nat(2 ** 31 - 1).map((each) => each * 2) },
  { oid: OID.int8, value: fc.maxSafeInteger() },
  { oid: OID.int8, value: fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }) },
  { oid: OID.float4, value: fc.float() },
  { oid: OID.float8, value: fc.double() },
  { oid: OID.float8, value: fc.nat(100) },
  { oid: OID.date, value: fc.integer({ min: -2_400_000, max: 3_000_000 }) },
  { oid: OID.time, value: fc.integer({ min: 0, max: DAY }) },
  { oid: OID.timestamp, value: micros },
  { oid: OID.timestamptz, value: micros },
  { oid: OID.text, value: text },
  { oid: OID.varchar, value: text },
  { oid: OID.char, value: fc.constantFrom('a', '', '\\') },
  { oid: 1009, value: fc.array(text, { minLength: 1 }).map((items) => arrayOf(items)) },
];

function arrayOf(items: readonly string[]): PgArray {
  return new PgArray(OID.text, items);
}

export interface RandomResult {
  readonly oids: readonly Oid[];
  readonly batches: readonly Batch[];
  /** The same as rows of values. */
  readonly rows: readonly (readonly Value[])[];
}

/** Some batches of the same columns. */
export const randomResult: fc.Arbitrary<RandomResult> = fc
  .tuple(
    fc.array(fc.constantFrom(...KINDS), { minLength: 0, maxLength: 12 }),
    fc.array(fc.integer({ min: 0, max: 120 }), { minLength: 1, maxLength: 4 }),
    fc.boolean(),
  )
  .chain(([kinds, lengths, dense]) => {
    const total = lengths.reduce((sum, length) => sum + length, 0);
    const columns = kinds.map(({ value }) =>
      fc.array(fc.option(value, { freq: dense ? 1000 : 4, nil: null }), {
        minLength: total,
        maxLength: total,
      }),
    );
    return fc.tuple(fc.tuple(...columns), fc.constantFrom(...SHARINGS)).map(([values, texts]) => {
      const oids = kinds.map(({ oid }) => oid);
      return {
        oids,
        batches: cut(oids, values, lengths, texts),
        rows: Array.from({ length: total }, (_, r) => values.map((column) => column[r] as Value)),
      };
    });
  });

const SHARINGS = ['strings', 'growing strings', 'bytes', 'growing bytes'] as const;

/** Texts of all batches go through one dictionary that grows, or through one of each batch. */
function cut(
  oids: readonly Oid[],
  values: readonly (readonly Value[])[],
  lengths: readonly number[],
  texts: (typeof SHARINGS)[number],
): Batch[] {
  const dictionaries = oids.map(() => new Map<string, number>());
  const lists = oids.map((): string[] => []);
  const entries = lists.map((list) => new StringDictionary(list));
  const tables = oids.map(() => new TextTable());
  let start = 0;
  return lengths.map((length) => {
    const from = start;
    start += length;
    const columns = oids.map((oid, c): Vector => {
      const vector = vectorFromValues(sqlType(oid), values[c]!.slice(from, start));
      if (vector.rep !== 'text' || texts === 'strings') return vector;
      if (texts.endsWith('bytes')) {
        const table = texts === 'bytes' ? new TextTable() : tables[c]!;
        const codes = vector.codes.map((code) => table.addFrom(vector.dictionary, code));
        return { ...vector, codes, dictionary: table.snapshot() };
      }
      const codes = Int32Array.from(vector.codes, (code) => {
        const word = vector.dictionary.at(code);
        const known = dictionaries[c]!.get(word) ?? lists[c]!.push(word) - 1;
        dictionaries[c]!.set(word, known);
        return known;
      });
      return { ...vector, codes, dictionary: entries[c]! };
    });
    return { columns, length };
  });
}

/** A target that is due after `due` bytes, lies in the kernels' memory where these are odd, and keeps what was flushed. */
export class TestTarget implements MessageTarget {
  bytes: Uint8Array = new Uint8Array(64);
  length = 0;
  readonly #due: number;
  readonly #flushed: Uint8Array[] = [];
  #block: KernelBlock | undefined;

  constructor(due: number) {
    this.#due = due;
  }

  get address(): number {
    return this.#block?.pointer ?? 0;
  }

  get room(): number {
    return this.length >= this.#due ? 0 : this.#due * 2 - this.length;
  }

  ensure(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const bytes = this.#made(this.length + count);
    bytes.set(this.bytes.subarray(0, this.length));
    this.bytes = bytes;
  }

  #made(length: number): Uint8Array {
    if (this.#due % 2 === 0) return new Uint8Array(length * 2);
    this.#block = tryAllocate(length + SLACK_BYTES)!;
    return new Uint8Array(kernelViews().u8.buffer, this.#block.pointer, length);
  }

  flush(): void {
    this.#flushed.push(this.bytes.slice(0, this.length));
    this.length = 0;
  }

  /** The messages' types and contents. */
  messages(): { type: number; body: Buffer }[] {
    const all = Buffer.concat(this.#flushed);
    const messages: { type: number; body: Buffer }[] = [];
    for (let at = 0; at < all.length;) {
      const end = at + 1 + all.readUInt32BE(at + 1);
      messages.push({ type: all[at]!, body: all.subarray(at + 5, end) });
      at = end;
    }
    return messages;
  }
}
