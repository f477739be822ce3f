/** Tuples of neighbouring texts against the fields themselves, and against a Map of what was learnt. */
import { expect, it } from 'vitest';
import { ByteDictionary } from '../../../src/engine/copy/byte-dictionary.ts';
import { TextTuples } from '../../../src/engine/copy/text-tuples.ts';
import {
  BLOCK,
  FIELD_ODD,
  JOB,
  JOB_BYTES,
  META_NEVER,
  TUPLES,
} from '../../../src/kernels/input-kernels.ts';
import { kernelViews, tryAllocate, type KernelBlock } from '../../../src/kernels/memory.ts';
import { randomOf } from '../storage/hypertable/support.ts';
import { FieldRows, utf8 } from './support/field-rows.ts';
import { seedOf } from '../../support/seed.ts';

const SEED = seedOf('text tuples');
const COUNT = 3;
/** A column before the texts and one after them. */
const COLUMNS = COUNT + 2;
const rows = new FieldRows();
const jobs = tryAllocate(JOB_BYTES * COLUMNS) as KernelBlock;
kernelViews().u8.fill(0, jobs.pointer, jobs.pointer + JOB_BYTES * COLUMNS);

type Tuple = readonly (string | null)[];

/** Rows as COPY's text format has them, cut into fields. */
function place(tuples: readonly Tuple[], table: TextTuples): void {
  const { u8, u32 } = kernelViews();
  let at = rows.input;
  let field = rows.fields >>> 2;
  for (const tuple of tuples) {
    for (const text of ['7', ...tuple, '8']) {
      const bytes = utf8(text ?? '\\N');
      u8.set(bytes, at);
      u8[at + bytes.length] = 0x09;
      u32[field++] = at;
      u32[field++] = bytes.length + (bytes.includes(0x5c) ? FIELD_ODD : 0);
      at += bytes.length + 1;
    }
  }
  rows.prepare(COLUMNS, tuples.length);
  rows.set(rows.block, BLOCK.rows, tuples.length);
  u8.fill(0, rows.odd, rows.odd + tuples.length * COLUMNS);
  for (let c = 0; c < COUNT; c++) {
    const job = jobs.pointer + (c + 1) * JOB_BYTES;
    rows.set(job, JOB.column, c + 1);
    rows.set(job, JOB.out, table.outAt(c));
    rows.set(job, JOB.nulls, rows.nulls);
    rows.set(job, JOB.nullMeta, 2 + FIELD_ODD);
    rows.set(job, JOB.quotedNullMeta, META_NEVER);
    rows.set(job, JOB.nullWord, 0x4e5c);
    rows.set(job, JOB.nullMask, 0xffff);
  }
}

/** What a column's kernel says of each row: its text, null, or undefined where it was left. */
function read(c: number, count: number, table: TextTuples, dictionary: ByteDictionary): unknown[] {
  const job = jobs.pointer + (c + 1) * JOB_BYTES;
  kernelViews().u8.fill(0, rows.nulls, rows.nulls + count);
  dictionary.read(rows.block, job, { table: table.table, position: c });
  const { u8, i32 } = kernelViews();
  return Array.from({ length: count }, (_, i) => {
    if (u8[rows.odd + i * COLUMNS + c + 1] === 1) return undefined;
    if (u8[rows.nulls + i] === 1) return null;
    return dictionary.textOf(i32[(table.outAt(c) >>> 2) + i] as number);
  });
}

it(`tells what the fields are, and finds what it has learnt (SEED=${SEED})`, () => {
  const random = randomOf(SEED);
  const texts = ['', 'a', 'b', 'ab', 'ba', 'x'.repeat(16), 'y'.repeat(31), 'ü', 'e\\t', null];
  texts.push('long'.repeat(300));
  for (let round = 0; round < 40; round++) {
    const table = new TextTuples({ first: 1, count: COUNT, lead: 0 });
    const dictionaries = Array.from({ length: COUNT }, () => new ByteDictionary());
    const kinds = 2 + Math.floor(random() * (texts.length - 1));
    const spread = Math.floor(random() * 3) * 200;
    let learnt = new Set<string>();
    for (let block = 0; block < 12; block++) {
      const tuples = Array.from({ length: 1 + Math.floor(random() * 60) }, (_, i): Tuple => {
        const text = (): string | null => texts[Math.floor(random() * kinds)] as string | null;
        return [
          random() < 0.5 ? `host ${(block * 50 + i) % (spread + 5)}` : text(),
          text(),
          text(),
        ];
      });
      place(tuples, table);
      table.find(rows.block, tuples.length, dictionaries);
      const { i32, u32 } = kernelViews();
      const found = (u32[(table.table + TUPLES.rows) >>> 2] as number) >>> 2;
      const isKnown = tuples.map((tuple) => learnt.has(JSON.stringify(tuple)));
      tuples.forEach((_, i) => expect((i32[found + i] as number) >= 0).toBe(isKnown[i]));
      expect(u32[(table.table + TUPLES.missed) >>> 2]).toBe(isKnown.filter((each) => !each).length);
      dictionaries.forEach((dictionary, c) => {
        const wanted = tuples.map((tuple) => {
          const text = tuple[c] as string | null;
          return text !== null && (text.includes('\\') || text.length > 1024) ? undefined : text;
        });
        expect(read(c, tuples.length, table, dictionary)).toEqual(wanted);
      });
      const before = kernelViews().u32[(table.table + TUPLES.count) >>> 2];
      table.learn(rows.block, jobs.pointer + JOB_BYTES);
      const isAnew =
        (kernelViews().u32[(table.table + TUPLES.count) >>> 2] as number) < (before as number);
      if (isAnew) learnt = new Set();
      else {
        for (const tuple of tuples) {
          const isPlain = tuple.every((text) => text === null || !/\\|long/.test(text));
          if (isPlain) learnt.add(JSON.stringify(tuple));
        }
      }
    }
  }
});
