/** Operators give PostgreSQL's results and errors over all type families. */
import { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { evaluateHere, evaluateThere } from './support.ts';

let db: PGlite;
beforeAll(async () => {
  db = await PGlite.create();
  await db.exec("set timezone = 'UTC'");
});
afterAll(() => db.close());

const EDGE: Readonly<Record<string, readonly string[]>> = {
  int2: ['0', '-7', '32767', '-32768'],
  int4: ['0', '3', '-7', '2147483647', '-2147483648'],
  int8: ['0', '5', '-1', '9007199254740993', '9223372036854775807', '-9223372036854775808'],
  float4: ['0', '1.5', '-3e38', 'NaN', 'Infinity', '1e-40'],
  float8: ['0', '-0', '2.5', '1e308', '-1e308', '1e-200', 'NaN', 'Infinity', '-Infinity'],
  numeric: ['0', '1.50', '-3', '12345678901234567890.123', 'NaN', 'Infinity'],
};

function cross(operators: readonly string[], types: readonly string[]): string[] {
  return operators.flatMap((name) =>
    types.flatMap((left) =>
      types.flatMap((right) =>
        EDGE[left]!.flatMap((a) => EDGE[right]!.map((b) => `${name}|${left}=${a}|${right}=${b}`)),
      ),
    ),
  );
}

async function compare(lines: readonly string[]): Promise<void> {
  const wrong: unknown[] = [];
  for (const line of lines) {
    const expected = await evaluateThere(db, line);
    const actual = evaluateHere(line);
    if (actual !== expected) wrong.push({ line, expected, actual });
  }
  expect(wrong).toEqual([]);
}

describe('arithmetic', () => {
  test('integers', () => compare(cross(['+', '-', '*', '/'], ['int2', 'int4', 'int8'])), 20_000);
  test('floats', () => compare(cross(['+', '-', '*', '/'], ['float4', 'float8'])), 20_000);
  test('numeric', () => compare(cross(['+', '-', '*', '/', '%'], ['numeric'])));
  test('same-type operators', () =>
    compare([
      ...cross(['%', '&', '¦', '#'], ['int2']),
      ...cross(['%', '&', '¦', '#'], ['int4']),
      ...cross(['%', '&', '¦', '#'], ['int8']),
      ...Object.keys(EDGE).flatMap((type) =>
        EDGE[type]!.flatMap((v) => [`-|${type}=${v}`, `@|${type}=${v}`, `+|${type}=${v}`]),
      ),
    ]));
  test('shifts, powers and roots', () =>
    compare([
      '<<|int4=1|int4=31',
      '<<|int4=1|int4=33',
      '>>|int4=-8|int4=1',
      '<<|int8=1|int4=63',
      '>>|int8=-8|int4=65',
      '<<|int2=1|int4=15',
      '>>|int2=-5|int4=1',
      '~|int8=5',
      '~|int4=-1',
      '~|int2=7',
      '^|float8=2|float8=10',
      '^|float8=0|float8=-1',
      '^|float8=-8|float8=0.5',
      '^|float8=1|float8=NaN',
      '^|float8=NaN|float8=0',
      '^|float8=-1|float8=Infinity',
      '^|float8=1e300|float8=2',
      '^|float8=1e-300|float8=2',
      '^|numeric=2|numeric=0.5',
      '^|numeric=2|numeric=-2',
      '^|numeric=0|numeric=-1',
      '¦/|float8=2',
      '¦/|float8=-1',
      '¦¦/|float8=27',
    ]));
});

describe('comparison', () => {
  const all = ['=', '<>', '<', '<=', '>', '>='];
  test('integers', () => compare(cross(['<', '='], ['int2', 'int4', 'int8'])), 20_000);
  test('floats', () => compare(cross(all, ['float8'])), 20_000);
  test('other types', () =>
    compare(
      [
        ['text', 'a', 'B'],
        ['text', 'a', 'a '],
        ['text', 'é', 'z'],
        ['bpchar', 'a', 'a  '],
        ['name', 'x', 'y'],
        ['bool', 't', 'f'],
        ['bytea', '\\x0001', '\\x00ff'],
        ['uuid', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A12'],
        ['numeric', '1.0', '1.00'],
        ['numeric', 'NaN', 'Infinity'],
        ['oid', '4294967295', '1'],
        ['jsonb', '{"a":1}', '[1,2]'],
        ['jsonb', '1', '"a"'],
        ['int4[]', '{1,2}', '{1,3}'],
        ['text[]', '{a,NULL}', '{a,b}'],
        ['int4[]', '{}', '{1}'],
        ['char', 'a', 'b'],
      ].flatMap(([type, a, b]) =>
        all.flatMap((name) => [
          `${name}|${type}=${a}|${type}=${b}`,
          `${name}|${type}=${b}|${type}=${b}`,
          `${name}|${type}=\\N|${type}=${b}`,
        ]),
      ),
    ));
});

describe('patterns', () => {
  test('like', () =>
    compare(
      [
        ['abc', 'a%'],
        ['abc', '%b%'],
        ['abc', '_b_'],
        ['abc', 'a_'],
        ['a%c', 'a\\%c'],
        ['abc', ''],
        ['', '%'],
        ['', '_'],
        ['aXbXc', '%X%X%'],
        ['mississippi', 'm%iss%ppi'],
        ['mississippi', '%is_ip%i'],
        ['naïve😀', '%_'],
        ['😀', '_'],
        ['😀a', '_a'],
        ['abc', 'abc\\'],
        ['xbc', 'abc\\'],
        ['a\\b', 'a\\\\b'],
        ['ABC', 'a%'],
        ['aa', 'a%a%a'],
      ].flatMap(([text, pattern]) =>
        ['~~', '!~~', '~~*', '!~~*'].map((name) => `${name}|text=${text}|text=${pattern}`),
      ),
    ));
  test('regular expressions', () =>
    compare(
      [
        ['pg_class', '^(pg_class)$'],
        ['abc', 'b'],
        ['abc', '^b'],
        ['a\nb', '^b'],
        ['a\nb', '(?n)^b'],
        ['ABC', 'abc'],
        ['foo.bar', '\\.'],
        ['foo1', '\\d$'],
        ['foo bar', '\\mbar\\M'],
        ['foobar', '\\ybar'],
        ['foobar', '\\Ybar'],
        ['aaa', 'a{2,3}'],
        ['aaa', '^a{4}'],
        ['ab', '[[:alpha:]]{2}'],
        ['a-b', '[a\\-z]-'],
        ['x]', '[]]'],
        ['x', '[^]x]'],
        ['abc', '(?:a|ab)c'],
        ['abc', '(?=abc)a'],
        ['abc', '(?!abc)a'],
        ['abc', '(?<=a)b'],
        ['abc', '(?<!a)b'],
        ['a', '***=a'],
        ['a.c', '***=a.c'],
        ['abc', '(?i)ABC'],
        ['abc', '('],
        ['abc', ')'],
        ['abc', '['],
        ['abc', 'a{2'],
        ['abc', '*a'],
        ['abc', 'a**'],
        ['abc', 'a{3,2}'],
        ['abc', '[z-a]'],
        ['abc', '\\'],
        ['abc', '[[:foo:]]'],
        ['abc', 'a|'],
        ['abc', '()'],
        ['a b', 'a\\sb'],
        ['ab', '(?x)a b # c'],
        ['aé', '\\w\\w'],
        ['A', '\\u0041'],
        ['A', '\\x41'],
        ['a{', 'a{'],
        ['x', 'x{1,1000}'],
        ['a', '(?z)a'],
        ['word', '[[:<:]]word[[:>:]]'],
      ].flatMap(([text, pattern]) =>
        ['~', '!~', '~*'].map(
          (name) => `${name}|text=${text}|text=${pattern?.replaceAll('|', '¦')}`,
        ),
      ),
    ));
  test('time is linear in the text for patterns that make backtrackers explode', () => {
    const text = 'a'.repeat(5000);
    expect(evaluateHere(`~|text=${text}|text=^(a+)+$`)).toBe('true');
    expect(evaluateHere(`~|text=${text}!|text=^(a¦a)*$`)).toBe('false');
    expect(evaluateHere(`~~|text=${text}|text=%a%a%a%a%a%a%a%a%b`)).toBe('false');
  });
});

test('arrays', () =>
  compare([
    '@>|int4[]={1,2,3}|int4[]={3,1}',
    '@>|int4[]={1,NULL}|int4[]={NULL}',
    '<@|int4[]={}|int4[]={1}',
    '&&|text[]={a,b}|text[]={b}',
    '¦¦|int4[]={1}|int4=2',
    '¦¦|int4=1|int4[]={2}',
    '¦¦|int4[]={1,2}|int4[]={{3,4}}',
    '¦¦|int4[]={1}|int4[]={{3,4}}',
    '¦¦|int4[]=[5:6]={1,2}|int4=3',
    '¦¦|int4[]=\\N|int4=3',
    '¦¦|int4[]={}|int4[]={}',
    '¦¦|int4[]={{1}}|int4=3',
  ]));

test('json', () =>
  compare(
    ['json', 'jsonb']
      .flatMap((type) => [
        `->|${type}={"a": {"b": [1, 2.50, "x"]}}|text=a`,
        `->>|${type}={"a": "q\\"x"}|text=a`,
        `->|${type}=[1,[2],3]|int4=-2`,
        `->>|${type}=[1,null]|int4=1`,
        `#>|${type}={"a":[{"b":1}]}|text[]={a,0,b}`,
        `#>>|${type}={"a":[{"b":"z"}]}|text[]={a,-1,b}`,
        `->|${type}=1|int4=0`,
        `->|${type}=1|text=a`,
        `->|${type}={"a":1}|int4=0`,
        `#>|${type}=[1]|text[]={x}`,
        `#>|${type}=[1]|text[]={}`,
      ])
      .concat([
        '@>|jsonb={"a":1,"b":[1,2]}|jsonb={"b":[2]}',
        '@>|jsonb=[1,[2,3]]|jsonb=[[3]]',
        '@>|jsonb=[1,2]|jsonb=1',
        '@>|jsonb=1|jsonb=[1]',
        '<@|jsonb={"a":1}|jsonb={"a":1,"b":2}',
        '?|jsonb={"a":1}|text=a',
        '?|jsonb=["a"]|text=a',
        '?|jsonb="a"|text=a',
        '?¦|jsonb={"a":1}|text[]={b,a}',
        '?&|jsonb={"a":1}|text[]={b,a}',
        '¦¦|jsonb={"a":1}|jsonb={"b":2,"a":3}',
        '¦¦|jsonb=[1]|jsonb={"b":2}',
        '¦¦|jsonb=1|jsonb=2',
        '-|jsonb={"a":1,"b":2}|text=a',
        '-|jsonb=["a","b",1]|text=a',
        '-|jsonb=[1,2,3]|int4=-1',
        '-|jsonb={"a":1}|int4=1',
        '-|jsonb=1|text=a',
        '-|jsonb={"a":1,"b":2}|text[]={a,b}',
        '#-|jsonb={"a":[1,2]}|text[]={a,0}',
        '#-|jsonb=[1]|text[]={a}',
        '#-|jsonb=1|text[]={a}',
      ]),
  ));
