/** Trust on loopback ends for everybody when the first role gets a password. */
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { open, type EmbeddedDatabase } from '../../src/embed.ts';

let db: EmbeddedDatabase;
let port: number;
beforeAll(async () => {
  db = await open({ memory: true });
  ({ port } = await db.listen({ port: 0 }));
});
afterAll(() => db.close());

async function login(user: string, password?: string): Promise<string> {
  const client = new pg.Client({ host: '127.0.0.1', port, user, password, database: 'postgres' });
  try {
    await client.connect();
    return 'in';
  } catch (error) {
    return (error as { code?: string }).code ?? (error as Error).message;
  } finally {
    await client.end().catch(() => undefined);
  }
}

it('lets roles without a password in only as long as no password is set', async () => {
  await db.query('CREATE ROLE app LOGIN');
  expect(await login('app')).toBe('in');
  expect(await login('nobody')).toBe('28000');
  await db.query("ALTER ROLE postgres PASSWORD 'secret'");
  expect(await login('app', 'x')).toBe('28P01');
  expect(await login('nobody', 'x')).toBe('28P01');
  expect(await login('postgres', 'wrong')).toBe('28P01');
  expect(await login('postgres', 'secret')).toBe('in');
});
