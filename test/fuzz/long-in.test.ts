import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngine } from '../../src/engine/engine.ts';
import type { Engine } from '../../src/engine/session.ts';
import { LONG_TEXT } from '../../src/parse/long-text.ts';
import { createNodeEnv } from '../../src/platform/node-env.ts';
import { systemSqlPath } from '../../src/platform/package-path.ts';
import { TextSession, type Outcome } from '../support/text-session.ts';

let engine: Engine;
let session: TextSession;
beforeAll(async () => {
  const env = createNodeEnv({ logLevel: 'error' });
  engine = await openEngine({ env, path: undefined, systemSqlPath: systemSqlPath() });
  session = await TextSession.open(engine);
  await session.run(`create table t as select g as i, g::bigint * 1000000000 as l, g::float8 / 4 as f,
    g::real / 4 as r, g::numeric / 4 as n, 'k' || g as s, ('k' || g)::varchar(8) as v, ('k' || g)::char(6) as c,
    date '2026-01-01' + g as d, g::smallint as h, g::oid as o, g % 2 = 0 as b
    from generate_series(-1200, 1200) g union all select null, null, null, null, null, null, null, null, null, null, null, null`);
});
afterAll(async () => {
  await session.close();
  await engine.close();
});

const PADDING = ` -- ${'x'.repeat(LONG_TEXT)}`;
const items = (item: (i: number) => string, count = 1100): string =>
  Array.from({ length: count }, (_, i) => item(i)).join(',');

const LISTS: readonly (readonly [string, string])[] = [
  ['integers', items((i) => `${i * 2}`)],
  ['negative integers', items((i) => `${-i}`)],
  ['wide integers', items((i) => `${i * 3_000_000_000}`)],
  ['the widest integers', `${items((i) => `${i}`)}, 9223372036854775807, -9223372036854775808`],
  ['integers that are too wide', `${items((i) => `${i}`)}, 9223372036854775808`],
  ['decimals', items((i) => `${i}.25`)],
  ['integers and decimals', items((i) => (i % 2 === 0 ? `${i}` : `${i}.5`))],
  ['numbers with exponents', items((i) => `${i}.5e-1`)],
  ['strings', items((i) => `'k${i}'`)],
  ['strings with blanks', items((i) => `'k${i} '`)],
  ['strings of numbers', items((i) => `'${i * 4}'`)],
  ['strings of dates', items((i) => `'2026-0${1 + (i % 9)}-11'`)],
  ['a string that is no number', `${items((i) => `'${i}'`)}, 'é', ' x'`],
  ['strings of bools', items((i) => (i % 2 === 0 ? `'t'` : `'true'`))],
];

function scanOf(outcome: Outcome): string | undefined {
  return outcome.kind === 'result'
    ? /^\w+ .*?Scan/.exec(outcome.result.rows[0][0] ?? '')?.[0]
    : undefined;
}

describe('an IN list of more than a thousand items', () => {
  for (const [name, list] of LISTS) {
    for (const column of [
      'i',
      'l',
      'f',
      'r',
      'n',
      's',
      'v',
      'c',
      'd',
      'h',
      'o',
      'b',
      'null',
      "'4'",
    ]) {
      it(`of ${name} for ${column} means what it means in a short text`, async () => {
        const sql = `select count(*), count(${column} in (${list})), sum((${column} in (${list}))::int),
          count(*) filter (where ${column} not in (${list})) from t`;
        const expected = await session.run(sql);
        const found = await session.run(sql + PADDING);
        if (expected.kind === 'result') expect(found).toEqual(expected);
        else if (found.kind === 'error') {
          const { position } = found.error.fields;
          expect([found.code, found.message, position]).toEqual([
            expected.code,
            expected.message,
            expected.error.fields.position,
          ]);
        } else expect(found).toEqual(expected);
      });
    }
  }

  it('is read the same way', async () => {
    await session.run('create table k (i int primary key, s text); create index on k (s)');
    await session.run(`insert into k select g, 's' || g from generate_series(1, 5000) g`);
    const where = `where i in (${items((i) => `${i * 3}`)})`;
    for (const condition of [where, `where s in (${items((i) => `'s${i * 3}'`)})`]) {
      const explain = `explain select * from k ${condition}`;
      expect(scanOf(await session.run(explain + PADDING))).toBe(scanOf(await session.run(explain)));
      const found = await session.run(`select count(*), sum(i) from k ${condition}${PADDING}`);
      expect(found).toMatchObject({ result: { rows: [['1099', String((3 * 1099 * 1100) / 2)]] } });
    }
  });

  it('can be stopped while it is read', async () => {
    const sql = `select 1 where 1 in (${items((i) => `${i}`, 400_000)})`;
    const outcome = session.run(sql);
    setTimeout(() => session.session.cancel(), 1);
    expect(await outcome).toMatchObject({ code: '57014' });
    expect(await session.run(sql)).toMatchObject({ result: { rows: [['1']] } });
  });
});
