/** What a server runs for itself when it has begun. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Env } from '../../src/base/env.ts';
import { createNodeEnv } from '../../src/platform/node-env.ts';
import { systemSqlPath } from '../../src/platform/package-path.ts';
import { LoopClient, simpleQuery } from '../../src/server/loop-client.ts';
import { startWarmUp } from '../../src/server/warm-up.ts';
import { temporaryDirectory } from '../unit/storage/helpers.ts';

function loggingEnv(): { env: Env; logged: string[] } {
  const logged: string[] = [];
  const log = (message: string): void => void logged.push(message);
  const env = { ...createNodeEnv(), log: { debug: log, info: log, warn: log, error: log } };
  return { env, logged };
}

describe('startWarmUp', () => {
  it('runs all its statements without an error, and ends', async () => {
    const { env, logged } = loggingEnv();
    const traffic = { received: 0, isBusy: false };
    const path = join(await temporaryDirectory(), 'warm-up');
    const options = {
      env,
      systemSqlPath: systemSqlPath(),
      path,
      traffic: () => traffic,
      rounds: 2,
    };
    await startWarmUp(options).ended;
    expect(logged).toEqual([]);
    expect(existsSync(path)).toBe(false);
  });

  it('waits while clients ask for something, and stops', async () => {
    const { env, logged } = loggingEnv();
    let received = 0;
    let isBusy = true;
    const traffic = () => ({ received: received++, isBusy });
    const warmUp = startWarmUp({ env, systemSqlPath: '/not/there', path: '/nor/there', traffic });
    const early = await Promise.race([
      warmUp.ended.then(() => 'ended'),
      new Promise((resolve) => void env.timers.after(200, () => resolve('waits'))),
    ]);
    isBusy = false;
    await warmUp.stop();
    expect(early).toBe('waits');
    // It would have complained about its catalog.
    expect(logged).toEqual([]);
  });
});

describe('LoopClient', () => {
  it('tells an error from an answer, however they are cut', async () => {
    const ready = [0x5a, 0, 0, 0, 5, 0x49];
    const error = [0x45, 0, 0, 0, 6, 0x53, 0];
    for (const step of [1, 2, 3, 100]) {
      const client = new LoopClient();
      let answer: number[] = [];
      client.attach({
        data: () => {
          for (let at = 0; at < answer.length; at += step) {
            client.write(Uint8Array.from(answer.slice(at, at + step)));
          }
        },
        end: () => undefined,
        closed: () => undefined,
      });
      answer = ready;
      await client.send(simpleQuery('SELECT 1'));
      answer = [...error, ...ready];
      await expect(client.send(simpleQuery('SELECT 1'))).rejects.toThrow('reports an error');
      answer = ready;
      await client.send(simpleQuery('SELECT 1'));
    }
  });
});
