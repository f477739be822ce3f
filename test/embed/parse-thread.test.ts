/** The thread that parses, as the build makes it: its trees and errors are those of the grammar here. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseByThread, useParseProgram } from '../../src/parse/parse-thread.ts';
import { initParser, parseStatements } from '../../src/parse/parser.ts';
import { failure, parsed, parsedInTurns } from '../unit/parse/turns.ts';

const PROGRAM = join(import.meta.dirname, '../../dist/parse-worker.js');

const terms = (count: number): string =>
  Array.from({ length: count }, (_, i) => `a = ${i} and é = 'ü${i}'`).join(' or ');
const long = `select '${'s'.repeat(5000)}', a in (${Array.from({ length: 1100 }, (_, i) => i).join()}) from t where ${terms(3000)}`;

describe('the parsing thread', () => {
  beforeAll(async () => {
    await initParser();
    await useParseProgram(PROGRAM);
  });

  afterAll(() => useParseProgram(undefined));

  it('answers with trees and with errors', async () => {
    expect(await parseByThread('select 1')).toMatchObject({ kind: 'tree' });
    expect(await parseByThread('select é from from')).toEqual({
      kind: 'error',
      message: 'syntax error at or near "from"',
      cursor: 14,
    });
  });

  it.each([
    ['a condition', `select 1 where ${terms(3000)}`],
    ['a condition in a script', `select 1; select 2 where ${terms(3000)}; select é`],
    ['a condition in a view', `create view v as select 2 where ${terms(3000)}`],
    [
      'a deep sum',
      `select ${Array.from({ length: 1500 }, (_, i) => `'${'x'.repeat(20)}${i}'`).join(' || ')}`,
    ],
    [
      'rows',
      `insert into t values ${Array.from({ length: 3000 }, (_, i) => `(${i} + 1, now())`).join()}`,
    ],
    ['what is wrong', `select é where ${terms(3000)} or or`],
    ['what is wrong in a script', `select é; select 1 where ${terms(3000)} or or; select 2`],
  ])('of %s', async (_, sql) => {
    const expected = await failure(() => parseStatements(sql));
    expect(await failure(() => parsed(sql))).toEqual(expected);
  });

  it('leaves cut literals out', async () => {
    const { value, turns } = await parsedInTurns(long);
    expect(turns).toBeGreaterThan(10);
    expect(value[0].text).toBe(long);
    expect(JSON.stringify(value)).toContain(`"${'s'.repeat(5000)}"`);
  });

  it('that has ended is not missed', async () => {
    const sql = `select 1 where ${terms(3000)}`;
    await useParseProgram(join(import.meta.dirname, 'no-such-program.js'));
    expect(await parsed(sql)).toEqual(parseStatements(sql));
    await useParseProgram(PROGRAM);
    expect(await parsed(sql)).toEqual(parseStatements(sql));
  });
});
