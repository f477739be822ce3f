import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/engine/session.ts';
import { memoryEngine } from '../../support/memory-engine.ts';
import { TextSession } from '../../support/text-session.ts';

let engine: Engine;
let session: TextSession;
beforeAll(async () => {
  engine = await memoryEngine();
  session = await TextSession.open(engine);
});
afterAll(() => engine.close());

/** Calls of array_fill and PostgreSQL 15's errors. */
const ERRORS: [string, string, string][] = [
  ['1, array[134217728]', '54000', 'array size exceeds the maximum allowed (134217727)'],
  ['1, array[1000000, 1000]', '54000', 'array size exceeds the maximum allowed (134217727)'],
  [
    '1, array[65536, 65536, 65536, 65536, 0]',
    '54000',
    'array size exceeds the maximum allowed (134217727)',
  ],
  ['1, array[0, -1]', '54000', 'array size exceeds the maximum allowed (134217727)'],
  [
    '1, array[1, 1, 1, 1, 1, 1, 1]',
    '54000',
    'number of array dimensions (7) exceeds the maximum allowed (6)',
  ],
  ['1, array[3], array[2147483645]', '54000', 'array lower bound is too large: 2147483645'],
  [
    "repeat('x', 1000), array[2000000]",
    '54000',
    'array size exceeds the maximum allowed (1073741823)',
  ],
  ["'x'::name, array[16777216]", '54000', 'array size exceeds the maximum allowed (1073741823)'],
];

describe('array_fill', () => {
  it.each(ERRORS)('array_fill(%s)', async (args, code, message) => {
    expect(await session.run(`select array_fill(${args})`)).toMatchObject({ code, message });
  });

  it('says so where an array is more than the heap can be asked for', async () => {
    for (const sql of [
      'select array_fill(1, array[100000000])',
      "select array_length(array_fill('x'::text, array[50000000]), 1)",
    ]) {
      expect(await session.run(sql)).toMatchObject({ code: '53200', message: 'out of memory' });
    }
  });

  it('fills what fits', async () => {
    expect(
      await session.run('select cardinality(array_fill(null::int, array[1000, 2000]))'),
    ).toMatchObject({ result: { rows: [['2000000']] } });
  });
});
