/** Neighbouring text columns in every format, against the rows that were written. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/session.ts';
import { memoryEngine } from '../support/memory-engine.ts';
import { TextSession } from '../support/text-session.ts';
import { randomOf } from '../unit/storage/hypertable/support.ts';
import { seedOf } from '../support/seed.ts';

const SEED = seedOf('copy tuples');
const ENCODER = new TextEncoder();

type Row = readonly [id: number, ...tags: (string | null)[]];

/** Fields that could be taken for parts of their neighbours. */
const TEXTS = ['', 'a', 'b', 'ab', 'a\tb', 'a,b', '"', 'a"', '\\', '\\N', 'N', 'null', "'", 'ü€😀'];
const MORE = ['line\nend', 'carriage\r', '\u0001', 'a'.repeat(15), 'a'.repeat(16), 'a'.repeat(17)];

function randomRow(random: () => number, id: number, tags: number): Row {
  const text = (): string | null => {
    const kind = random();
    if (kind < 0.15) return null;
    if (kind < 0.16) return 'long '.repeat(Math.floor(random() * 300));
    const all = kind < 0.7 ? TEXTS.slice(0, 5) : [...TEXTS, ...MORE];
    return all[Math.floor(random() * all.length)] as string;
  };
  return [id, ...Array.from({ length: tags }, text)];
}

/** Rows that repeat each other's tags, mostly in the same order. */
function randomRows(random: () => number, count: number, tags: number): Row[] {
  const known = Array.from({ length: 1 + Math.floor(random() * 400) }, () =>
    randomRow(random, 0, tags),
  );
  return Array.from({ length: count }, (_, id) => {
    if (random() < 0.02) return randomRow(random, id, tags);
    const at = random() < 0.9 ? id % known.length : Math.floor(random() * known.length);
    return [id, ...(known[at] as Row).slice(1)] as unknown as Row;
  });
}

const FORMATS: Record<string, (rows: readonly Row[]) => Uint8Array> = {
  text: (rows) => {
    const escaped = (text: string): string =>
      text.replace(/[\\\t\n\r]/g, (c) => ({ '\t': '\\t', '\n': '\\n', '\r': '\\r' })[c] ?? '\\\\');
    const lines = rows.map((row) =>
      row.map((value) => (value === null ? '\\N' : escaped(String(value)))).join('\t'),
    );
    return ENCODER.encode(`${lines.join('\n')}\n`);
  },
  csv: (rows) => {
    const quoted = (text: string): string =>
      text === '' || /[",\n\r\\]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    const lines = rows.map((row) =>
      row.map((value) => (value === null ? '' : quoted(String(value)))).join(','),
    );
    return ENCODER.encode(`${lines.join('\n')}\n`);
  },
  binary: (rows) => {
    const parts: Buffer[] = [Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')];
    const word = (value: number): Buffer => {
      const bytes = Buffer.alloc(4);
      bytes.writeInt32BE(value);
      return bytes;
    };
    for (const [id, ...tags] of rows) {
      parts.push(Buffer.from([0, tags.length + 1]), word(4), word(id));
      for (const tag of tags) {
        if (tag === null) parts.push(word(-1));
        else parts.push(word(Buffer.byteLength(tag)), Buffer.from(tag));
      }
    }
    return new Uint8Array(Buffer.concat([...parts, Buffer.from([255, 255])]));
  },
};

describe('neighbouring text columns', () => {
  let engine: Engine;
  let session: TextSession;
  beforeAll(async () => {
    engine = await memoryEngine();
    session = await TextSession.open(engine);
  });
  afterAll(() => engine.close());

  async function load(table: string, format: string, rows: readonly Row[]): Promise<void> {
    async function* input(): AsyncGenerator<Uint8Array> {
      const bytes = (FORMATS[format] as (rows: readonly Row[]) => Uint8Array)(rows);
      for (let at = 0; at < bytes.length; at += 30_000) yield bytes.slice(at, at + 30_000);
    }
    const sink = { ...session.sink(), copyIn: () => input() };
    await session.session.simpleQuery(`COPY ${table} FROM STDIN (FORMAT ${format})`, sink);
  }

  async function stored(table: string): Promise<(string | null)[][]> {
    const outcome = await session.run(`SELECT * FROM ${table} ORDER BY id`);
    if (outcome.kind === 'error') throw outcome.error;
    return outcome.result.rows;
  }

  const asText = (rows: readonly Row[]): (string | null)[][] =>
    rows.map((row) => row.map((value) => (value === null ? null : String(value))));

  for (const format of Object.keys(FORMATS)) {
    it(`are read as they were written, in ${format} (SEED=${SEED})`, async () => {
      const random = randomOf(SEED);
      for (const tags of [2, 3, 5]) {
        const names = Array.from(
          { length: tags },
          (_, i) => `t${i} ${i === 1 ? 'varchar' : 'text'}`,
        );
        await session.run(`DROP TABLE IF EXISTS tags; CREATE TABLE tags (id int, ${names.join()})`);
        for (let round = 0; round < 4; round++) {
          // Later loads of the table know the tuples of earlier ones.
          const rows = randomRows(random, 1 + Math.floor(random() * 6000), tags);
          await load('tags', format, rows);
          expect(await stored('tags')).toEqual(asText(rows));
          await session.run('TRUNCATE tags');
        }
      }
    });
  }

  it('may differ in every row, and be more than a dictionary holds', async () => {
    await session.run('CREATE TABLE many (id int, a text, b text)');
    const rows = Array.from(
      { length: 150_000 },
      (_, id): Row => [id, `a${id % 90_000}`, `b${id % 7}`],
    );
    for (const part of [rows.slice(0, 100_000), rows.slice(100_000)])
      await load('many', 'text', part);
    expect(await stored('many')).toEqual(asText(rows));
  });

  it('name the field and the line of an error', async () => {
    await session.run('CREATE TABLE short (id int, a text, b varchar(3))');
    const rows = Array.from(
      { length: 3000 },
      (_, id): Row => [id, 'x', id === 2500 ? 'long' : 'b'],
    );
    await expect(load('short', 'text', rows)).rejects.toMatchObject({
      message: 'value too long for type character varying(3)',
      fields: { where: 'COPY short, line 2501, column b: "long"' },
    });
  });
});
