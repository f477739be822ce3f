/**
 * A process of its own for a library: its peak memory and processor time are then its own, and it is
 * timed inside, so that messages to the main process do not count.
 */
import type { Engine, Reply, Request } from './engine.ts';
import { openChdb } from './chdb-engine.ts';
import { openDuckDb } from './duckdb-engine.ts';

const [name, directory] = process.argv.slice(2);

async function run(engine: Engine, request: Request): Promise<unknown> {
  switch (request.op) {
    case 'execute':
      return engine.execute(request.sql);
    case 'time':
      return engine.time(request.sql);
    case 'scalar':
      return engine.scalar(request.sql);
    case 'answer':
      return engine.answer(request.sql, request.kinds);
    case 'close':
      await engine.close();
      return undefined;
  }
}

function send(reply: Reply): void {
  process.send?.(reply);
}

try {
  const engine = await (name === 'duckdb' ? openDuckDb(directory) : openChdb(directory));
  process.on('message', (request: Request) => {
    run(engine, request)
      .then((result) => send({ ok: true, result }))
      .catch((error: unknown) => send({ ok: false, error: String(error) }))
      .finally(() => {
        if (request.op === 'close') process.exit(0);
      });
  });
  process.on('disconnect', () => process.exit(0));
  send({ ok: true, result: engine.version });
} catch (error) {
  send({ ok: false, error: String(error) });
}
