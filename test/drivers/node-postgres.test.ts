import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { useServer } from './support/server.ts';

const server = useServer();
let client: pg.Client;

const connect = async (): Promise<pg.Client> => {
  const made = new pg.Client({
    host: '127.0.0.1',
    port: server.port,
    user: 'postgres',
    database: 'postgres',
  });
  await made.connect();
  return made;
};

beforeEach(async () => {
  client = await connect();
});

afterEach(async () => {
  await client.end();
});

/** The error that a query ends with. */
async function failure(query: Promise<unknown>): Promise<pg.DatabaseError> {
  const outcome = await query.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(pg.DatabaseError);
  return outcome as pg.DatabaseError;
}

describe('node-postgres', () => {
  it('runs simple queries, several in one message too', async () => {
    const results = (await client.query(
      'SELECT 1 AS a; SELECT 2 AS b, NULL AS c',
    )) as unknown as pg.QueryResult[];
    expect(results.map((result) => result.rows)).toEqual([[{ a: 1 }], [{ b: 2, c: null }]]);
    expect((await client.query('')).rows).toEqual([]);
  });

  it('binds parameters of many types', async () => {
    const { rows } = await client.query(
      'SELECT $1::int4 AS i, $2::text AS t, $3::float8 AS f, $4::bool AS b, $5::timestamptz AS z, $6::int4[] AS l, $7::bytea AS y, $8::numeric AS n',
      [7, 'sieben', 7.5, true, new Date(1e12), [1, 2, 3], Buffer.from([1, 2, 255]), null],
    );
    expect(rows).toEqual([
      {
        i: 7,
        t: 'sieben',
        f: 7.5,
        b: true,
        z: new Date(1e12),
        l: [1, 2, 3],
        y: Buffer.from([1, 2, 255]),
        n: null,
      },
    ]);
  });

  it('reads the same values from binary results as from text', async () => {
    const text =
      "SELECT 1::int2 AS a, -5::int4 AS b, 2.5::float4 AS c, -0.1::float8 AS d, true AS e, 'é€😀'::text AS f, '2024-02-29 12:34:56.789+00'::timestamptz AS g, 12345.678::numeric AS h, NULL::int4 AS i";
    const asText = await client.query({ text, values: [] });
    const asBinary = await client.query({
      text,
      values: [],
      ...{ binary: true },
    } as pg.QueryConfig);
    expect(asBinary.rows).toEqual(asText.rows);
    expect(asText.rows[0]).toMatchObject({
      a: 1,
      b: -5,
      c: 2.5,
      d: -0.1,
      e: true,
      f: 'é€😀',
      i: null,
    });
  });

  it('keeps a prepared statement', async () => {
    for (const value of [1, 2, 3]) {
      const result = await client.query({
        name: 'plus',
        text: 'SELECT $1::int4 + 1 AS n',
        values: [value],
      });
      expect(result.rows).toEqual([{ n: value + 1 }]);
    }
    const error = await failure(
      client.query({ name: 'other', text: 'SELECT nothing', values: [] }),
    );
    expect(error.code).toBe('42703');
    expect((await client.query('SELECT 1 AS n')).rows).toEqual([{ n: 1 }]);
  });

  it('reports errors with all their fields', async () => {
    const syntax = await failure(client.query('SELECT * FRM x'));
    expect(syntax).toMatchObject({ severity: 'ERROR', code: '42601', position: '10' });
    expect(syntax.message).toBe('syntax error at or near "FRM"');
    expect(await failure(client.query('SELECT 1 / $1::int4', [0]))).toMatchObject({
      code: '22012',
    });
    await client.query('CREATE TABLE unique_names (name text PRIMARY KEY)');
    await client.query("INSERT INTO unique_names VALUES ('a')");
    expect(await failure(client.query("INSERT INTO unique_names VALUES ('a')"))).toMatchObject({
      code: '23505',
      schema: 'public',
      table: 'unique_names',
      constraint: 'unique_names_pkey',
      detail: 'Key (name)=(a) already exists.',
    });
  });

  it('keeps transactions apart', async () => {
    const other = await connect();
    try {
      await client.query('CREATE TABLE apart (n int)');
      await client.query('BEGIN');
      await client.query('INSERT INTO apart VALUES ($1)', [1]);
      const count = async (who: pg.Client): Promise<string> =>
        (await who.query<{ count: string }>('SELECT count(*) FROM apart')).rows[0]?.count ?? '';
      expect(await count(client)).toBe('1');
      expect(await count(other)).toBe('0');
      await failure(client.query('SELECT 1/0'));
      expect(await failure(client.query('SELECT 1'))).toMatchObject({ code: '25P02' });
      await client.query('ROLLBACK');
      expect(await count(client)).toBe('0');
    } finally {
      await other.end();
    }
  });

  it('fetches a portal in parts, and ends it early', async () => {
    const rows: unknown[] = [];
    let suspended = 0;
    const config: pg.QueryConfig = {
      text: 'SELECT i FROM generate_series(1, 2500) AS i',
      values: [],
      ...{ rows: 1000 },
    };
    const query = new pg.Query(config);
    query.on('row', (row) => rows.push(row));
    const connection = (
      client as unknown as { connection: { on(name: string, listener: () => void): void } }
    ).connection;
    connection.on('portalSuspended', () => suspended++);
    const ended = new Promise((resolve, reject) => {
      query.on('end', resolve);
      query.on('error', reject);
    });
    (client.query as (query: unknown) => void).call(client, query);
    await ended;
    expect(rows).toEqual(Array.from({ length: 2500 }, (_, i) => ({ i: i + 1 })));
    expect(suspended).toBe(2);
  });

  it('streams many rows', async () => {
    const { rows } = await client.query(
      "SELECT i, 'r' || i AS t FROM generate_series(1, 100000) AS i",
    );
    expect(rows).toHaveLength(100_000);
    expect(rows[99_999]).toEqual({ i: 100_000, t: 'r100000' });
  });

  it('cancels a statement by its key', async () => {
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const key = (client as unknown as { secretKey: number }).secretKey;
    const running = failure(client.query('SELECT pg_sleep(20)'));
    setTimeout(() => server.engine.cancel(rows[0]?.pid ?? 0, key), 50);
    expect(await running).toMatchObject({ code: '57014' });
    expect((await client.query('SELECT 1 AS n')).rows).toEqual([{ n: 1 }]);
  });

  it('receives notices', async () => {
    const notices: string[] = [];
    client.on('notice', (notice) => notices.push(notice.message ?? ''));
    await client.query('DROP TABLE IF EXISTS never_there');
    expect(notices).toEqual(['table "never_there" does not exist, skipping']);
  });

  it('is told of changed settings', async () => {
    const seen: string[] = [];
    (
      client as unknown as {
        connection: {
          on(
            name: string,
            listener: (m: { parameterName: string; parameterValue: string }) => void,
          ): void;
        };
      }
    ).connection.on('parameterStatus', (m) => seen.push(`${m.parameterName}=${m.parameterValue}`));
    await client.query("SET TimeZone TO 'Europe/Berlin'");
    await client.query("SELECT set_config('application_name', $1, false)", ['tester']);
    expect(seen).toEqual(['TimeZone=Europe/Berlin', 'application_name=tester']);
  });

  it('is refused for an unknown role or database', async () => {
    for (const [user, database, code] of [
      ['nobody', 'postgres', '28000'],
      ['postgres', 'nowhere', '3D000'],
    ]) {
      const stranger = new pg.Client({ host: '127.0.0.1', port: server.port, user, database });
      expect(await failure(stranger.connect())).toMatchObject({ severity: 'FATAL', code });
    }
  });

  it('logs in with a password that SQL set', async () => {
    await client.query("CREATE ROLE guarded LOGIN PASSWORD 'open sesame'");
    const login = async (password: string): Promise<string> => {
      const guest = new pg.Client({
        host: '127.0.0.1',
        port: server.port,
        user: 'guarded',
        database: 'postgres',
        password,
      });
      try {
        await guest.connect();
        const { rows } = await guest.query<{ user: string }>('SELECT current_user AS user');
        await guest.end();
        return rows[0]?.user ?? '';
      } catch (error) {
        return (error as pg.DatabaseError).code ?? '';
      }
    };
    expect(await login('open sesame')).toBe('guarded');
    expect(await login('open barley')).toBe('28P01');
  });
});
