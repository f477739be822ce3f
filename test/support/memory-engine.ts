/** An engine in memory with the real environment. */
import { openEngine } from '../../src/engine/engine.ts';
import type { Engine } from '../../src/engine/session.ts';
import { createNodeEnv } from '../../src/platform/node-env.ts';
import { systemSqlPath } from '../../src/platform/package-path.ts';

export async function memoryEngine(flushRows?: number): Promise<Engine> {
  return await openEngine({
    env: createNodeEnv({ logLevel: 'error' }),
    path: undefined,
    systemSqlPath: systemSqlPath(),
    flushRows,
  });
}
