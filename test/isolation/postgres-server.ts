/** A running PostgreSQL as the server of isolation tests, for recording what it answers. */
import { setTimeout } from 'node:timers/promises';
import pg from 'pg';
import type { Answer, Connection, Running, Server } from './run-permutation.ts';

interface PostgresConnection extends Connection {
  readonly processId: string;
}

export async function postgresServer(url: string): Promise<Server & { close(): Promise<void> }> {
  const control = await connect(url);
  return {
    connect: () => connect(url),
    async clear() {
      await control.run('DROP SCHEMA public CASCADE');
      await control.run('CREATE SCHEMA public');
    },
    isVarve: false,
    settle: (running) => settle(control, running),
    close: () => control.close(),
  };
}

async function connect(url: string): Promise<PostgresConnection> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  let tag = '';
  // The driver's own result keeps only the tag's first word.
  const { connection } = client as unknown as { connection: NodeJS.EventEmitter };
  connection.on('commandComplete', (message: { text: string }) => (tag = message.text));
  const run = async (sql: string): Promise<Answer> => {
    try {
      const result = await client.query<(string | null)[]>({
        text: sql,
        rowMode: 'array',
        types: { getTypeParser: () => (value: string) => value },
      });
      return { kind: 'rows', tag, rows: result.rows };
    } catch (error) {
      return { kind: 'error', code: (error as { code: string }).code };
    }
  };
  // The victim of a deadlock is then always who closes the circle.
  await run("SET deadlock_timeout = '10ms'");
  const processId = String((client as unknown as { processID: number }).processID);
  return {
    processId,
    run,
    async cancel() {
      const other = new pg.Client({ connectionString: url });
      await other.connect();
      await other.query('SELECT pg_cancel_backend($1)', [processId]);
      await other.end();
    },
    close: () => client.end(),
  };
}

async function settle(control: Connection, running: readonly Running[]): Promise<void> {
  let calm = 0;
  while (calm < 2) {
    const left = running.filter(({ answer }) => answer === undefined);
    if (left.length === 0) return;
    const pids = left.map((each) => (each.connection as PostgresConnection).processId);
    const blocked = await control.run(
      `SELECT bool_and(cardinality(pg_blocking_pids(pid)) > 0)
         FROM unnest(ARRAY[${pids.join()}]) pid`,
    );
    const areBlocked = blocked.kind === 'rows' && blocked.rows[0]?.[0] === 't';
    calm = areBlocked ? calm + 1 : 0;
    // Longer than deadlock_timeout: a circle has been found by then.
    await setTimeout(areBlocked ? 15 : 1);
  }
}
