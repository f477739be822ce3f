/** COPY FROM with input that is cut at random places, against the rows that were written into it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../../../src/engine/session.ts';
import { memoryEngine } from '../../../support/memory-engine.ts';
import { TextSession } from '../../../support/text-session.ts';
import { seedOf } from '../../../support/seed.ts';
import { rounds } from '../../../support/rounds.ts';
import { expectSame } from '../../../support/expect-same.ts';

const SEED = seedOf('copy from');

function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Row = [number, string | null, number | null];

function randomRows(random: () => number, count: number): Row[] {
  const texts = ['a', 'b\tc', 'line\nbreak', 'back\\slash', '', 'ü€😀', 'quo"te', 'co,mma'];
  return Array.from({ length: count }, (_, i) => [
    i,
    random() < 0.1
      ? null
      : random() < 0.01
        ? 'x'.repeat(Math.floor(random() * 20_000))
        : `${texts[Math.floor(random() * texts.length)]}${random() < 0.3 ? i : ''}`,
    random() < 0.1 ? null : Math.round(random() * 1e6) / 8,
  ]);
}

function textOf(rows: readonly Row[]): string {
  const field = (value: string | number | null): string =>
    value === null
      ? '\\N'
      : String(value).replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n');
  return rows.map((row) => `${row.map(field).join('\t')}\n`).join('');
}

function csvOf(rows: readonly Row[]): string {
  const field = (value: string | number | null): string =>
    value === null
      ? ''
      : typeof value === 'number'
        ? String(value)
        : `"${value.replaceAll('"', '""')}"`;
  return `id,label,value\n${rows.map((row) => `${row.map(field).join(',')}\n`).join('')}`;
}

/** Pieces of at most `size` bytes, and sometimes empty ones. */
async function* cut(text: string, size: number, random: () => number): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) {
    const end = Math.min(bytes.length, at + Math.floor(random() * size));
    // The wire's buffers are reused once the next piece is asked for.
    const piece = bytes.slice(at, end);
    yield piece;
    piece.fill(0);
    at = end;
  }
}

describe('COPY FROM', () => {
  let engine: Engine;
  let session: TextSession;
  beforeAll(async () => {
    engine = await memoryEngine();
    session = await TextSession.open(engine);
  });
  afterAll(() => engine.close());

  async function copy(
    sql: string,
    input: AsyncIterable<Uint8Array>,
    by = session,
  ): Promise<string> {
    let tag = '';
    await by.session.simpleQuery(sql, {
      ...by.sink(),
      copyIn: () => input,
      commandComplete: (next) => void (tag = next),
    });
    return tag;
  }

  for (const [name, size, count] of [
    ['tiny pieces', 7, rounds(100)],
    ['pieces like rows', 60, rounds(1000)],
    ['large pieces', 100_000, rounds(10_000)],
  ] as const) {
    for (const format of ['text', 'csv'] as const) {
      it(`reads ${format} in ${name}, SEED=${SEED}`, async () => {
        const random = randomOf(SEED);
        await session.run(
          'DROP TABLE IF EXISTS t; CREATE TABLE t (id int, label text, value float8)',
        );
        const options = format === 'csv' ? 'WITH (FORMAT csv, HEADER)' : '';
        const all: Row[] = [];
        // Several loads, so that what is kept between them is used.
        for (const part of [count, 10, count]) {
          const rows = randomRows(random, Math.min(part, count));
          const text = format === 'csv' ? csvOf(rows) : textOf(rows);
          const tag = await copy(`COPY t FROM STDIN ${options}`, cut(text, size, random));
          expect(tag).toBe(`COPY ${rows.length}`);
          all.push(...rows);
        }
        const outcome = await session.run('SELECT id, label, value FROM t');
        if (outcome.kind === 'error') throw outcome.error;
        const wanted = all.map((row) =>
          row.map((value) => (value === null ? null : String(value))),
        );
        const sorted = (rows: (string | null)[][]) => rows.map((row) => JSON.stringify(row)).sort();
        expectSame(sorted(outcome.result.rows), sorted(wanted));
      });
    }
  }

  for (const format of ['text', 'csv', 'binary'] as const) {
    for (const kind of ['a table', 'a hypertable']) {
      it(`reads integers in and beyond doubles from ${format} into ${kind}, SEED=${SEED}`, async () => {
        const random = randomOf(SEED);
        await session.run('DROP TABLE IF EXISTS wide; CREATE TABLE wide (id int NOT NULL, n int8)');
        if (kind === 'a hypertable') {
          await session.run("SELECT create_hypertable('wide', by_range('id', 1000000))");
        }
        const all: (readonly [number, bigint | null])[] = [];
        // Batches without such integers come before, between and after those with them.
        for (const bits of [20, 62, 50, 55, 20, 62]) {
          const rows = Array.from({ length: 100 + Math.floor(random() * rounds(5000)) }, (_, i) => {
            return [all.length + i, random() < 0.1 ? null : randomInteger(random, bits)] as const;
          });
          await copy(`COPY wide FROM STDIN (FORMAT ${format})`, whole(integerInput(rows, format)));
          all.push(...rows);
        }
        const outcome = await session.run('SELECT n FROM wide ORDER BY id');
        if (outcome.kind === 'error') throw outcome.error;
        const found = outcome.result.rows.map(([n]) => n);
        expectSame(
          found,
          all.map(([, n]) => (n === null ? null : String(n))),
        );
        const sum = await session.run('SELECT sum(n), count(n), max(n) FROM wide');
        if (sum.kind === 'error') throw sum.error;
        const numbers = all.flatMap(([, n]) => (n === null ? [] : [n]));
        expect(sum.result.rows).toEqual([
          [
            String(numbers.reduce((total, n) => total + n, 0n)),
            String(numbers.length),
            String(numbers.reduce((most, n) => (n > most ? n : most))),
          ],
        ]);
      });
    }
  }

  it('lets sessions load texts into one table side by side', async () => {
    await session.run('CREATE TABLE shared (id int NOT NULL, label text, kind text)');
    await session.run("SELECT create_hypertable('shared', by_range('id', 1000000))");
    const other = await TextSession.open(engine);
    // More than one table of strings takes, of which each session has half for itself.
    const long = 'x'.repeat(600);
    const load = (by: TextSession, name: string, from: number): Promise<string> => {
      const rows = Array.from({ length: 8_000 }, (_, i) => {
        const label = i % 2 === 0 ? `both ${from + i}${long}` : `${name} ${from + i}${long}`;
        return `${from + i}\t${label}\t${name}\n`;
      });
      const input = cut(rows.join(''), 200_000, randomOf(SEED + from));
      return copy('COPY shared FROM STDIN', input, by);
    };
    for (const from of [0, 8_000, 16_000]) {
      await Promise.all([load(session, 'one', from), load(other, 'two', from)]);
    }
    const wrong = await session.run(
      "SELECT count(*), count(DISTINCT label), sum(CASE WHEN label = CASE WHEN id % 2 = 0 THEN 'both ' || id ELSE kind || ' ' || id END || repeat('x', 600) THEN 0 ELSE 1 END) FROM shared",
    );
    if (wrong.kind === 'error') throw wrong.error;
    expect(wrong.result.rows).toEqual([['48000', '36000', '0']]);
  }, 60_000);

  it('loads texts that come seldom twice as they are, equal ones and NULLs among them', async () => {
    await session.run(
      'CREATE TABLE seldom (id int NOT NULL, a text, b varchar(1100) CHECK (b <> a), c text)',
    );
    await session.run("SELECT create_hypertable('seldom', by_range('id', 1000000))");
    const long = 'x'.repeat(1000);
    const rows = Array.from({ length: 11_000 }, (_, i): (string | null)[] => [
      String(i),
      i % 1000 === 5 ? null : `${long}${i % 10_000}`,
      `${i}`,
      i % 2 === 0 ? 'even' : 'o\tdd',
    ]);
    const lineOf = (row: (string | null)[]): string =>
      `${row.map((field) => field?.replaceAll('\t', '\\t') ?? '\\N').join('\t')}\n`;
    for (let at = 0; at < rows.length; at += 3000) {
      const text = rows
        .slice(at, at + 3000)
        .map(lineOf)
        .join('');
      await copy('COPY seldom FROM STDIN', whole(Buffer.from(text)));
    }
    const outcome = await session.run('SELECT id, a, b, c FROM seldom ORDER BY id');
    if (outcome.kind === 'error') throw outcome.error;
    expectSame(outcome.result.rows, rows);
    const counted = await session.run(
      `SELECT count(DISTINCT a), count(*) FILTER (WHERE a = '${long}7') FROM seldom`,
    );
    if (counted.kind === 'error') throw counted.error;
    const texts = new Set(rows.map(([, a]) => a));
    texts.delete(null);
    expect(counted.result.rows).toEqual([[String(texts.size), '2']]);
    for (const [line, code] of [
      [`1\tx\t${'y'.repeat(1101)}\tz\n`, '22001'],
      [`1\tx\tx\tz\n`, '23514'],
    ]) {
      const input = whole(Buffer.from(rows.slice(0, 10).map(lineOf).join('') + line));
      await expect(copy('COPY seldom FROM STDIN', input)).rejects.toMatchObject({ code });
    }
  });

  it('takes quotes and escapes out of CSV, wherever they stand', async () => {
    await session.run('CREATE TABLE quoted (a text, b text)');
    const load = (lines: string, options: string): Promise<string> =>
      copy(`COPY quoted FROM STDIN (FORMAT csv${options})`, whole(Buffer.from(lines)));
    const long = 'long, "text" '.repeat(20_000);
    await load(`a"b""c"d,""\n"a"b"c",",\n"x\n"${long.replaceAll('"', '""')}",é"ü"\n`, '');
    await load(`"x\\"y\\\\z\\n",b\n`, ", ESCAPE E'\\\\'");
    await load(`'it''s',"\n`, ", QUOTE ''''");
    const outcome = await session.run('SELECT a, b FROM quoted');
    if (outcome.kind === 'error') throw outcome.error;
    expect(outcome.result.rows).toEqual([
      ['ab"cd', ''],
      ['abc', ',\nx'],
      [long, 'éü'],
      ['x"y\\z\\n', 'b'],
      [`it's`, '"'],
    ]);
    await expect(load('"open,\n', '')).rejects.toMatchObject({ code: '22P04' });
  });

  it('freezes rows of tables that the subtransaction created or truncated', async () => {
    const input = (): AsyncIterable<Uint8Array> => whole(Buffer.from('1\n'));
    const freeze = 'COPY frozen FROM STDIN (FREEZE)';
    const refused = { code: '55000' };
    await session.run('BEGIN; CREATE TABLE frozen (id int)');
    expect(await copy(freeze, input())).toBe('COPY 1');
    await session.run('SAVEPOINT one');
    await expect(copy(freeze, input())).rejects.toMatchObject(refused);
    await session.run('ROLLBACK TO one; TRUNCATE frozen');
    expect(await copy(freeze, input())).toBe('COPY 1');
    await session.run('SAVEPOINT two; RELEASE two');
    expect(await copy(freeze, input())).toBe('COPY 1');
    await session.run('ROLLBACK TO one');
    await expect(copy(freeze, input())).rejects.toMatchObject(refused);
    await session.run('ROLLBACK TO one; RELEASE one');
    expect(await copy(freeze, input())).toBe('COPY 1');
    await session.run('COMMIT');
    await expect(copy(freeze, input())).rejects.toMatchObject(refused);
    expect(await session.run('SELECT count(*) FROM frozen')).toMatchObject({
      result: { rows: [['2']] },
    });
  });

  it('keeps conditions right when texts appear in later batches', async () => {
    await session.run('CREATE TABLE chosen (id int, label text)');
    const rows = Array.from(
      { length: 50_000 },
      (_, i) => `${i}\t${i < 20_000 ? 'early' : `late${i % 7}`}\n`,
    );
    const input = cut(rows.join(''), 65_536, randomOf(SEED));
    expect(await copy("COPY chosen FROM STDIN WHERE label = 'late3'", input)).toBe(
      `COPY ${rows.filter((row) => row.endsWith('late3\n')).length}`,
    );
  });
});

async function* whole(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 50_000) yield bytes.subarray(at, at + 50_000);
}

/** Of up to so many bits, or next to a border of doubles or of the type. */
function randomInteger(random: () => number, bits: number): bigint {
  const sign = random() < 0.5 ? 1n : -1n;
  if (bits > 53 && random() < 0.2) {
    const border = random() < 0.5 ? 2n ** 53n : 2n ** 63n - 2n;
    return sign * (border + BigInt(Math.floor(random() * 3) - 1));
  }
  return (
    sign *
    ((BigInt(Math.floor(random() * 2 ** 53)) >> BigInt(Math.max(0, 53 - bits))) <<
      BigInt(Math.max(0, bits - 53)))
  );
}

function integerInput(
  rows: readonly (readonly [number, bigint | null])[],
  format: string,
): Uint8Array {
  if (format !== 'binary') {
    const [none, comma] = format === 'csv' ? ['', ','] : ['\\N', '\t'];
    return new TextEncoder().encode(rows.map(([id, n]) => `${id}${comma}${n ?? none}\n`).join(''));
  }
  const bytes = Buffer.alloc(21 + rows.length * 22);
  bytes.write('PGCOPY\n\xff\r\n\0', 'latin1');
  let at = 19;
  for (const [id, n] of rows) {
    at = bytes.writeInt16BE(2, at);
    at = bytes.writeInt32BE(4, at);
    at = bytes.writeInt32BE(id, at);
    at = bytes.writeInt32BE(n === null ? -1 : 8, at);
    if (n !== null) at = bytes.writeBigInt64BE(n, at);
  }
  at = bytes.writeInt16BE(-1, at);
  return bytes.subarray(0, at);
}
