import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngine } from '../../../src/engine/engine.ts';
import type { Engine } from '../../../src/engine/session.ts';
import { createNodeEnv } from '../../../src/platform/node-env.ts';
import { systemSqlPath } from '../../../src/platform/package-path.ts';
import { TextSession } from '../../support/text-session.ts';

let engine: Engine;
let session: TextSession;
beforeAll(async () => {
  const env = createNodeEnv({ logLevel: 'error' });
  engine = await openEngine({ env, path: undefined, systemSqlPath: systemSqlPath() });
  session = await TextSession.open(engine);
});
afterAll(async () => {
  await session.close();
  await engine.close();
});

async function rows(sql: string): Promise<(string | null)[][]> {
  const outcome = await session.run(sql);
  if (outcome.kind === 'error') throw outcome.error;
  return outcome.result.rows;
}

describe('collected values', () => {
  it('of a window are those up to the row', async () => {
    const sql = `select array_agg(g) over w, cardinality(array_agg(g) over w), jsonb_agg(g) over w,
      array_agg(array[g, -g]) over w, jsonb_object_agg(g, g) over w, json_agg(g) over w, string_agg(g::text, ',') over w
      from generate_series(1, 3) g window w as (order by g)`;
    expect(await rows(sql)).toEqual([
      ['{1}', '1', '[1]', '{{1,-1}}', '{"1": 1}', '[1]', '1'],
      ['{1,2}', '2', '[1, 2]', '{{1,-1},{2,-2}}', '{"1": 1, "2": 2}', '[1, 2]', '1,2'],
      [
        '{1,2,3}',
        '3',
        '[1, 2, 3]',
        '{{1,-1},{2,-2},{3,-3}}',
        '{"1": 1, "2": 2, "3": 3}',
        '[1, 2, 3]',
        '1,2,3',
      ],
    ]);
  });

  it('of many rows are whole', async () => {
    const from = 'from generate_series(1, 40000) g';
    expect(
      await rows(`select cardinality(a), a[1], a[30000], a[40000], (select sum(x) from unnest(a) x),
        array_length(a || 7, 1), a = array(select g ${from}) from (select array_agg(g) a ${from}) t`),
    ).toEqual([['40000', '1', '30000', '40000', '800020000', '40001', 't']]);
    expect(
      await rows(`select jsonb_array_length(a), a->0, a->29999, a->-1, length(a::text) = length(b::text), a = b
        from (select jsonb_agg(g) a, jsonb_agg(g order by g) b ${from}) t`),
    ).toEqual([['40000', '1', '30000', '40000', 't', 't']]);
    expect(
      await rows(`select a->'k7', a->>'k39999', a ? 'k0', a ? 'k40000', (select count(*) from jsonb_object_keys(a)),
        a = (select jsonb_object_agg('k' || g, g order by g) ${from}), (a - 'k1') ? 'k1', a @> '{"k5": 5}'
        from (select jsonb_object_agg('k' || g, g order by g desc) a ${from}) t`),
    ).toEqual([['7', '39999', 'f', 't', '40000', 't', 'f', 't']]);
    expect(
      await rows(`select length(s), left(s, 4), right(s, 6), md5(s) = md5((select string_agg(g::text, '-' order by g) ${from}))
        from (select string_agg(g::text, '-') s ${from}) t`),
    ).toEqual([['228893', '1-2-', '-40000', 't']]);
  });

  it('that are none are NULL', async () => {
    const calls =
      'array_agg(g), jsonb_agg(g), jsonb_object_agg(g, g), json_agg(g), string_agg(g::text, g::text)';
    expect(await rows(`select ${calls} from generate_series(1, 0) g`)).toEqual([
      [null, null, null, null, null],
    ]);
  });
});
