import { beforeAll, describe, expect, it } from 'vitest';
import { DbError } from '../../../src/errors/db-error.ts';
import {
  LITERAL_NULL,
  LITERAL_NUMBER,
  LITERAL_STRING,
  LITERAL_TRUE,
  readFastInsert,
} from '../../../src/parse/fast-insert.ts';
import { initParser, parseStatements } from '../../../src/parse/parser.ts';
import { statementShape } from '../../../src/parse/shape.ts';

beforeAll(() => initParser());

describe('parseStatements', () => {
  it('splits a string into statements with their places', () => {
    const parsed = parseStatements("  select 'é;' ; -- x\nselect 2;");
    expect(parsed.map(({ text }) => text)).toEqual(["select 'é;'", 'select 2']);
    expect(parsed[0].offset).toBe(2);
  });

  it('gives nothing for nothing', () => {
    expect(parseStatements(' ;; ')).toEqual([]);
    expect(parseStatements('')).toEqual([]);
  });

  it.each([
    ['select 1 +', 'syntax error at end of input', 11],
    ["select 'é', from from", 'syntax error at or near "from"', 13],
    ['selec 1', 'syntax error at or near "selec"', 1],
    ["select 'x", 'unterminated quoted string at or near "\'x"', 8],
  ])('%s', (sql, message, position) => {
    let error: unknown;
    try {
      parseStatements(sql);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(DbError);
    expect([
      (error as DbError).code,
      (error as DbError).fields.message,
      (error as DbError).fields.position,
    ]).toEqual(['42601', message, position]);
  });
});

describe('readFastInsert', () => {
  it('reads literals by column', () => {
    const insert = readFastInsert(
      `INSERT INTO s."T x" (a, "B", c) VALUES (1, 'it''s', NULL),\n(-2.5e3, '', true) ;`,
    )!;
    expect([insert.schema, insert.table, insert.columns, insert.rowCount]).toEqual([
      's',
      'T x',
      ['a', 'B', 'c'],
      2,
    ]);
    expect(insert.values.map((column) => [...column.kinds.subarray(0, 2)])).toEqual([
      [LITERAL_NUMBER, LITERAL_NUMBER],
      [LITERAL_STRING, LITERAL_STRING],
      [LITERAL_NULL, LITERAL_TRUE],
    ]);
    expect(insert.values[0].texts).toEqual(['1', '-2.5e3']);
    expect(insert.values[1].texts).toEqual(["it's", '']);
  });

  it('keeps growing over many rows', () => {
    const rows = Array.from({ length: 1000 }, (_, i) => `(${i}, 'r${i}')`);
    const insert = readFastInsert(`insert into t values ${rows.join(',')}`)!;
    expect(insert.rowCount).toBe(1000);
    expect(insert.values[1].texts[999]).toBe('r999');
    expect(insert.values[0].kinds[999]).toBe(LITERAL_NUMBER);
  });

  it.each([
    'insert into t values (1 + 1)',
    "insert into t values ('a'::text)",
    'insert into t values (1) returning *',
    'insert into t select 1',
    'insert into t values (1), (1, 2)',
    'insert into t values (1, 2), (1)',
    "insert into t values (e'x')",
    'insert into t values ($1)',
    'insert into t values (default)',
    "insert into t values ('a)",
    'insert into t as x values (1)',
    'insert into t values (1); select 1',
    'insert into t values (0x1F)',
    '/* c */ insert into t values (1)',
  ])('leaves %s to the grammar', (sql) => {
    expect(readFastInsert(sql)).toBeUndefined();
  });
});

describe('statementShape', () => {
  it('is the same for statements that differ in literals', () => {
    const a = statementShape("select * from t where a = 'x''y' and b < 10 -- note")!;
    const b = statementShape("select *  from t where a = '' and b < 7")!;
    expect(a.key).toBe(b.key);
    expect(a.literals).toEqual([
      { kind: 'string', text: "x'y", offset: 26 },
      { kind: 'number', text: '10', offset: 41 },
    ]);
  });

  it('differs where names or types differ', () => {
    const keys = [
      'select 1',
      'select 1.0',
      'select 9999999999',
      'select "1"',
      'select $1',
      'select a1',
    ].map((sql) => statementShape(sql)?.key);
    expect(new Set(keys).size).toBe(keys.length);
  });
});
