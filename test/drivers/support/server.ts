import { afterAll, beforeAll } from 'vitest';
import type { Engine } from '../../../src/engine/session.ts';
import { createNodeEnv } from '../../../src/platform/node-env.ts';
import { startServer, type RunningServer } from '../../../src/server/server.ts';
import { memoryEngine } from '../../support/memory-engine.ts';

export interface TestServer {
  readonly port: number;
  readonly engine: Engine;
}

/** A server over an engine in memory, for all tests of a file. */
export function useServer(): TestServer {
  let engine: Engine | undefined;
  let server: RunningServer | undefined;
  beforeAll(async () => {
    engine = await memoryEngine();
    const env = createNodeEnv({ logLevel: 'error' });
    server = await startServer({ engine, env, listen: '127.0.0.1', port: 0 });
  });
  afterAll(async () => {
    await server?.close();
    await engine?.close();
  });
  return {
    get port() {
      return (server as RunningServer).port;
    },
    get engine() {
      return engine as Engine;
    },
  };
}
