import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

const PROGRAM = resolve(import.meta.dirname, '../../src/cli/varve.mjs');
const running = new Set<ChildProcess>();
let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'varve-program-'));
});

afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
});

afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

interface Run {
  readonly child: ChildProcess;
  readonly out: () => string;
  readonly err: () => string;
  readonly ended: Promise<number | null>;
}

function run(...words: string[]): Run {
  const child = spawn(process.execPath, [PROGRAM, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => (out += String(chunk)));
  child.stderr.on('data', (chunk) => (err += String(chunk)));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return { child, out: () => out, err: () => err, ended };
}

async function start(...words: string[]): Promise<Run & { port: number }> {
  const started = run('start', ...words);
  for (;;) {
    const match = /^ready postgres:\/\/127\.0\.0\.1:(\d+)\n$/.exec(started.out());
    if (match !== null) return { ...started, port: Number(match[1]) };
    if (started.child.exitCode !== null) throw new Error(started.err());
    await new Promise((wait) => setTimeout(wait, 20));
  }
}

async function refusal(...words: string[]): Promise<string> {
  const refused = run(...words);
  expect(await refused.ended).toBeGreaterThan(0);
  expect(refused.out()).toBe('');
  expect(refused.err()).toMatch(/^varve: .*\n$/);
  return refused.err();
}

describe('the varve program', () => {
  it('serves, keeps what was written, and ends with its connections at SIGTERM', async () => {
    const data = join(directory, 'kept');
    for (const round of [1, 2]) {
      const server = await start('--data', data, '--port', '0');
      const client = new pg.Client({
        host: '127.0.0.1',
        port: server.port,
        user: 'postgres',
        database: 'postgres',
      });
      const lost = new Promise<string>((told) =>
        client.on('error', (error) => told((error as { code?: string }).code ?? '')),
      );
      await client.connect();
      if (round === 1)
        await client.query("CREATE TABLE kept (t text); INSERT INTO kept VALUES ('x')");
      expect((await client.query('SELECT * FROM kept')).rows).toEqual([{ t: 'x' }]);
      server.child.kill(round === 1 ? 'SIGTERM' : 'SIGINT');
      expect(await server.ended).toBe(0);
      expect(await lost).toBe('57P01');
      expect(server.err()).toBe('');
    }
  });

  it('refuses a port that is taken', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    const { port } = blocker.address() as AddressInfo;
    expect(
      await refusal('start', '--data', join(directory, 'busy'), '--port', String(port)),
    ).toContain(`could not listen on 127.0.0.1, port ${port}: the port is in use`);
    blocker.close();
  });

  it('refuses a directory that is in use or not its own', async () => {
    const data = join(directory, 'locked');
    await start('--data', data, '--port', '0');
    expect(await refusal('start', '--data', data, '--port', '0')).toContain('in use');
    const foreign = mkdtempSync(join(directory, 'foreign-'));
    writeFileSync(join(foreign, 'letter.txt'), 'dear');
    expect(await refusal('start', '--data', foreign, '--port', '0')).toContain(
      'is not a Varve data directory',
    );
  });

  it('refuses an open address while nobody needs a password', async () => {
    const words = [
      'start',
      '--data',
      join(directory, 'open'),
      '--port',
      '0',
      '--listen',
      '0.0.0.0',
    ];
    expect(await refusal(...words)).toContain('role "postgres" has no password');
  });

  it('refuses commands and options that it does not know', async () => {
    expect(await refusal()).toContain('no command given');
    expect(await refusal('strat')).toContain('strat');
    expect(await refusal('start', '--data', 'x', '--colour', 'red')).toContain('colour');
    expect(await refusal('start', '--data', 'x', '--port', 'many')).toContain('port must be');
    expect(await refusal('start')).toContain('no data directory given');
  });

  it('tells its version and its commands', async () => {
    const version = run('version');
    expect(await version.ended).toBe(0);
    expect(version.out()).toMatch(/^varve \d+\.\d+\.\d+ \(PostgreSQL 15\.\d+\)\n$/);
    const help = run('--help');
    expect(await help.ended).toBe(0);
    expect(help.out()).toMatch(/varve start/);
  });
});
