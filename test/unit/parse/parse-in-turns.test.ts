/** Scripts are parsed a few statements at a time, with the outcome that the whole text has. */
import { beforeAll, describe, expect, it } from 'vitest';
import { initParser, parseStatements } from '../../../src/parse/parser.ts';
import fc from '../../support/fast-check.ts';
import { failure, parsed, parsedInTurns } from './turns.ts';

beforeAll(() => initParser());

const MANY = 40_000;
const STATEMENTS = [
  "insert into t(a, c) values (1, 'it''s; é')",
  'create table "a;b" (id int primary key, c text default \';\', check (id > 0 and id < 9))',
  "select $q$ ; $x$ ' $q$, $1, a$b from t -- comment; with 'quotes\n",
  "/* ; /* nested ' */ ; */ comment on column t.a is E'\\';'",
  "select e'a'\n'\\';' as x",
  'create rule r as on insert to t do also (select 1; select 2)',
  "select U&'\\0041;', B'01', x'ab', 'é😀' where (a, b) in ((1, 2))",
  "-- é only; a comment\r  select 'x;' ",
  `select '${'s'.repeat(5000)}', 2`,
  '',
  `select a in (${Array.from({ length: 1100 }, (_, i) => i).join(',')}), b`,
];

function script(pieces: readonly string[]): string {
  let text = '';
  for (let i = 0; text.length < MANY; i++) text += `${pieces[i % pieces.length]};\n`;
  return text;
}

/** Items of long IN lists stand beside the tree: what is compared here has none. */
const PLAIN = STATEMENTS.slice(0, -1);

describe('a script', () => {
  it.each(PLAIN.filter((statement) => statement !== ''))('of %s', async (statement) => {
    const sql = script([statement, 'select 1']);
    expect(await parsed(sql)).toEqual(parseStatements(sql));
  });

  it('of all of these', async () => {
    const sql = `${script(PLAIN)} select 'the end'`;
    expect(await parsed(sql)).toEqual(parseStatements(sql));
  });

  it('takes many turns', async () => {
    const sql = script(['select 1']);
    expect((await parsedInTurns(sql)).turns).toBeGreaterThan(5);
  });

  it('with a function whose body has semicolons', async () => {
    const body = 'create function f() returns int begin atomic select 1; select 2; end';
    const sql = script([body, 'select 1']);
    expect(await parsed(sql)).toEqual(parseStatements(sql));
  });

  it('of nothing', async () => {
    expect(await parsed(script(['', '/* ; */', '-- x\n']))).toEqual([]);
  });

  it.each([
    ['select from from x'],
    ["select 'é; unterminated"],
    ['select (1; select 2'],
    ['select 1) ; select 2'],
    ['select 1 +'],
    ['/* unterminated ;'],
    ['begin atomic select 1'],
    ['$a$ ; '],
  ])('with %s has the error of the whole text', async (wrong) => {
    for (const sql of [
      `${wrong}; ${script(PLAIN)}`,
      `${script(PLAIN)} ${wrong}; ${script(PLAIN)}`,
      `${script(PLAIN)} ${wrong}`,
    ]) {
      const expected = await failure(() => parseStatements(sql));
      expect(expected).toHaveProperty('position');
      expect(await failure(() => parsed(sql))).toEqual(expected);
    }
  });

  it('of random statements', async () => {
    const pieces = fc.array(
      fc.constantFrom(...PLAIN, 'select é from', "'", '(', '$$', '/*', '--'),
      {
        minLength: 1,
        maxLength: 30,
      },
    );
    await fc.assert(
      fc.asyncProperty(pieces, async (given) => {
        const sql = script(given);
        const work = (parse: (sql: string) => unknown): Promise<unknown> =>
          failure(() => parse(sql));
        expect(await work(parsed)).toEqual(await work(parseStatements));
      }),
      { numRuns: 60 },
    );
  });

  it('keeps the items of long lists beside its trees', async () => {
    const sql = script([STATEMENTS.at(-1) as string]);
    const found = await parsed(sql);
    expect(found.map(({ text }) => text)).toEqual(parseStatements(sql).map(({ text }) => text));
    expect(JSON.stringify(found.at(-1)?.node).length).toBeLessThan(2000);
  });
});
