/** Documents that are read and stored in steps: as literals, as parameters in both formats, changed, and refused. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/engine/session.ts';
import type { DbError } from '../../../src/errors/db-error.ts';
import { memoryEngine } from '../../support/memory-engine.ts';
import { TextSession } from '../../support/text-session.ts';

let engine: Engine;
let client: TextSession;
beforeAll(async () => {
  engine = await memoryEngine();
  client = await TextSession.open(engine);
  await client.run('CREATE TABLE documents (id int, d jsonb, j json)');
});
afterAll(() => engine.close());

const items = Array.from({ length: 4000 }, (_, i) => `{"name":"host ${i}","id":${i}}`);
const text = `[${items.join()}]`;
/** The same as it is stored. */
const stored = `[${Array.from({ length: 4000 }, (_, i) => `{"id": ${i}, "name": "host ${i}"}`).join(', ')}]`;

async function rowsOf(sql: string): Promise<unknown> {
  const outcome = await client.run(sql);
  return outcome.kind === 'result' ? outcome.result.rows : outcome.error;
}

/** Binds and runs an INSERT of one document; the error where there is one. */
async function bind(sql: string, type: number, bytes: Uint8Array, format: 0 | 1): Promise<unknown> {
  const { session } = client;
  try {
    await session.parse('', sql, [type]);
    await session.bind('', '', [{ format, bytes }], []);
    await session.execute('', 0, client.sink());
    await session.sync(client.sink());
    return undefined;
  } catch (error) {
    await session.sync(client.sink());
    return error;
  }
}

const JSON_OID = 114;
const JSONB_OID = 3802;
const encode = (of: string): Uint8Array => new TextEncoder().encode(of);
const withVersion = (of: string, version = 1): Uint8Array => Uint8Array.of(version, ...encode(of));

describe('large documents', () => {
  it('are stored from literals', async () => {
    await client.run(`INSERT INTO documents VALUES (1, '${text}', '${text}')`);
    await client.run(`INSERT INTO documents SELECT 2, '${text}'::jsonb, '${text}'`);
    expect(await rowsOf('SELECT d, j FROM documents WHERE id IN (1, 2)')).toEqual([
      [stored, text],
      [stored, text],
    ]);
  });

  it('are stored from parameters', async () => {
    const insert = (id: number): string => `INSERT INTO documents (id, d) VALUES (${id}, $1)`;
    expect(await bind(insert(3), JSONB_OID, encode(text), 0)).toBeUndefined();
    expect(await bind(insert(4), JSONB_OID, withVersion(text), 1)).toBeUndefined();
    expect(
      await bind('INSERT INTO documents (id, j) VALUES (5, $1)', JSON_OID, encode(text), 0),
    ).toBeUndefined();
    expect(await rowsOf('SELECT d, j FROM documents WHERE id BETWEEN 3 AND 5 ORDER BY id')).toEqual(
      [
        [stored, null],
        [stored, null],
        [null, text],
      ],
    );
  });

  it('are changed, and come back changed', async () => {
    const changed = stored.replace('"id": 7,', '"id": "x",');
    const update = `UPDATE documents SET d = jsonb_set(d, '{7,id}', '"x"') WHERE id = 1 RETURNING d`;
    expect(await rowsOf(update)).toEqual([[changed]]);
    expect(await rowsOf('SELECT d FROM documents WHERE id = 1')).toEqual([[changed]]);
    const built = `INSERT INTO documents SELECT 6, jsonb_agg(g) FROM generate_series(1, 5000) g RETURNING d -> -1`;
    expect(await rowsOf(built)).toEqual([['5000']]);
    expect(
      await rowsOf('SELECT d -> 4999, jsonb_array_length(d) FROM documents WHERE id = 6'),
    ).toEqual([['5000', '5000']]);
  });

  it('tell what is wrong, and where', async () => {
    const wrong = `[${items.join()}oops]`;
    const refused = (await rowsOf(`INSERT INTO documents VALUES (7, '${wrong}')`)) as DbError;
    expect(refused.fields).toMatchObject({
      message: 'invalid input syntax for type json',
      detail: 'Token "oops" is invalid.',
      position: "INSERT INTO documents VALUES (7, '".length,
    });
    const insert = 'INSERT INTO documents (id, d) VALUES (8, $1)';
    for (const [bytes, format] of [
      [encode(wrong), 0],
      [withVersion(wrong), 1],
    ] as const) {
      const error = (await bind(insert, JSONB_OID, bytes, format)) as DbError;
      expect(error.fields.message).toBe('invalid input syntax for type json');
      expect(error.fields.where).toMatch(/^JSON data, line 1: .*\nunnamed portal parameter \$1/s);
    }
    const version = (await bind(insert, JSONB_OID, withVersion(text, 2), 1)) as DbError;
    expect(version.fields.message).toBe('unsupported jsonb version number 2');
    expect(await rowsOf('SELECT count(*) FROM documents WHERE id > 6')).toEqual([['0']]);
  });

  it('in a statement of a known shape are not taken for short ones', async () => {
    const query = (of: string): string => `SELECT '${of}'::jsonb -> 0 AS first`;
    for (const of of ['[1]', '[2]', '[3]']) expect(await rowsOf(query(of))).toEqual([[of[1]]]);
    expect(await rowsOf(query(text))).toEqual([['{"id": 0, "name": "host 0"}']]);
  });
});
