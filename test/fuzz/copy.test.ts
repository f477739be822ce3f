/** COPY FROM STDIN over broken input: rows, an error with a place, never an internal error. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DbError } from '../../src/errors/db-error.ts';
import { SeededRandom } from '../differential/seeded-random.ts';
import { TextSession } from '../support/text-session.ts';
import type { Engine } from '../../src/engine/session.ts';
import { quietEngine } from './fuzz-target.ts';
import { RandomLiterals } from './random-literals.ts';
import { printedSeed } from '../support/seed.ts';

const ROUNDS = Number(process.env.FUZZ ?? 800);

const TYPES = [
  'int4',
  'text',
  'timestamptz',
  'jsonb',
  'numeric',
  'float8',
  'int4[]',
  'uuid',
  'bytea',
  'interval',
  'inet',
  'date',
  'bool',
  'varchar(10)',
] as const;
const FORMATS = [
  '(FORMAT text)',
  '(FORMAT csv)',
  '(FORMAT csv, HEADER)',
  '(FORMAT binary)',
  "(FORMAT csv, DELIMITER ';', QUOTE '''', ESCAPE '\\', NULL 'nil')",
  "(FORMAT text, DELIMITER '|', NULL '')",
  "(FORMAT csv, FORCE_NOT_NULL (c1), ENCODING 'LATIN1')",
] as const;
const SIGNATURE = [0x50, 0x47, 0x43, 0x4f, 0x50, 0x59, 0x0a, 0xff, 0x0d, 0x0a, 0x00];
const PIECES = [
  '\t',
  ',',
  '"',
  '\n',
  '\r',
  '\r\n',
  '\\',
  '\\.',
  '\\N',
  '\\x',
  '\\777',
  '|',
  ';',
  "'",
  '{',
  '}',
  '\0',
  'nil',
];

let engine: Engine;
let session: TextSession;
beforeAll(async () => {
  engine = await quietEngine();
  session = await TextSession.open(engine);
  const columns = TYPES.map((type, i) => `c${i} ${type}`).join(', ');
  await session.run(`CREATE TABLE copied (${columns})`);
});
afterAll(async () => {
  await session.close();
  await engine.close();
});

function textInput(
  random: SeededRandom,
  literals: RandomLiterals,
  columns: readonly number[],
): Buffer {
  let text = '';
  for (let row = random.int(0, 6); row > 0; row--) {
    const fields = columns.map((c) => literals.text((TYPES[c] ?? '').replace(/[[(].*/, '')));
    text +=
      fields.join(random.pick(['\t', ',', '|', ';', '\t', ','])) +
      random.pick(['\n', '\n', '\r\n', '']);
  }
  for (let i = random.int(0, 3); i > 0; i--) {
    const at = random.int(0, text.length);
    text = text.slice(0, at) + random.pick(PIECES) + text.slice(at + random.int(0, 2));
  }
  const bytes = Buffer.from(text);
  if (bytes.length > 0 && random.chance(0.2))
    bytes[random.int(0, bytes.length - 1)] = random.int(128, 255);
  return bytes;
}

function binaryInput(random: SeededRandom, columns: readonly number[]): Buffer {
  const out: number[] = [...SIGNATURE, 0, 0, 0, 0, 0, 0, 0, 0];
  for (let row = random.int(0, 4); row > 0; row--) {
    out.push(0, columns.length);
    for (let c = 0; c < columns.length; c++) {
      const length = random.pick([0, 1, 2, 4, 8, 16, 20, 255]);
      if (length === 255) out.push(255, 255, 255, 255);
      else
        out.push(
          0,
          0,
          0,
          length,
          ...Array.from({ length }, () => random.pick([0, 0, 1, 128, 255, random.int(0, 255)])),
        );
    }
  }
  if (random.chance(0.7)) out.push(255, 255);
  for (let i = random.int(0, 2); i > 0; i--)
    out[random.int(0, out.length - 1)] = random.int(0, 255);
  return Buffer.from(random.chance(0.2) ? out.slice(0, random.int(0, out.length)) : out);
}

test('COPY takes any bytes', { timeout: 30_000 + ROUNDS * 50 }, async () => {
  const seed = printedSeed('copy fuzz');
  const random = new SeededRandom(seed);
  const literals = new RandomLiterals(random);
  const findings: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const columns = random.shuffled([...TYPES.keys()]).slice(0, random.int(1, 3));
    const format = random.pick(FORMATS);
    const input = format.includes('binary')
      ? binaryInput(random, columns)
      : textInput(random, literals, columns);
    const list = columns.map((c) => `c${c}`).join(', ');
    const options = format.replace('(c1)', `(c${columns[0]})`);
    const sql = `COPY copied (${list}) FROM STDIN ${options}`;
    const cut = random.int(0, input.length);
    async function* pieces(): AsyncGenerator<Uint8Array> {
      yield Uint8Array.from(input.subarray(0, cut));
      yield Uint8Array.from(input.subarray(cut));
    }
    try {
      await session.session.simpleQuery(sql, { ...session.sink(), copyIn: pieces });
    } catch (error) {
      if (error instanceof DbError && error.code !== 'XX000') continue;
      // PostgreSQL's own XX000.
      if (String(error).includes('unsupported jsonb version number')) continue;
      const cause = error instanceof DbError ? error.cause : error;
      const stack = cause instanceof Error ? cause.stack : String(cause);
      findings.push(`${sql}\n${input.toString('latin1')}\n${stack}`);
    }
  }
  expect(findings, `seed ${seed}`).toEqual([]);
  const all = await session.run('SELECT * FROM copied');
  expect(all.kind, `seed ${seed}`).toBe('result');
});
