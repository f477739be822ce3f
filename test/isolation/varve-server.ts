/** An engine in memory as the server of isolation tests: one session per connection. */
import { setImmediate, setTimeout } from 'node:timers/promises';
import type { Engine } from '../../src/engine/session.ts';
import { memoryEngine } from '../support/memory-engine.ts';
import { TextSession } from '../support/text-session.ts';
import type { Answer, Connection, Running, Server } from './run-permutation.ts';

export interface VarveServer extends Server {
  /** How long a statement may take before it counts as waiting. */
  patienceMs: number;
  close(): Promise<void>;
}

export async function varveServer(patienceMs: number): Promise<VarveServer> {
  let engine = await memoryEngine();
  const server: VarveServer = {
    patienceMs,
    connect: () => connect(engine),
    async clear() {
      await engine.close();
      engine = await memoryEngine();
    },
    isVarve: true,
    settle: (running) => settle(running, server.patienceMs),
    close: () => engine.close(),
  };
  return server;
}

async function connect(engine: Engine): Promise<Connection> {
  const session = await TextSession.open(engine);
  return {
    async run(sql): Promise<Answer> {
      const outcome = await session.run(sql);
      if (outcome.kind === 'error') return { kind: 'error', code: outcome.code };
      return { kind: 'rows', tag: outcome.result.tag, rows: outcome.result.rows };
    },
    async cancel() {
      session.session.cancel();
    },
    close: () => session.close(),
  };
}

/** Nothing tells who waits: a statement that has not ended after many turns and some time does. */
async function settle(running: readonly Running[], patienceMs: number): Promise<void> {
  const start = performance.now();
  for (let turn = 0; ; turn++) {
    if (running.every(({ answer }) => answer !== undefined)) return;
    if (turn >= 50 && performance.now() - start >= patienceMs) return;
    await (turn < 50 ? setImmediate() : setTimeout(1));
  }
}
