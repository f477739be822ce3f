/** `varve demo`: a fresh server, three million flights, five questions. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { WireClient } from '../wire-client.ts';
import { FLIGHT_ROWS, readAirports, readFlights } from './flights.ts';
import { drawTable, ProgressBar } from './print.ts';
import { DEMO_QUERIES, SCHEMA_SQL } from './queries.ts';

export interface DemoOptions {
  /** Path of the `varve` program, which is started again as the server. */
  readonly program: string;
  readonly port: number;
  /** Stop the server at the end instead of leaving it up. */
  readonly exit: boolean;
}

/** Runs the demo; resolves with the process's exit code. */
export async function runDemo(options: DemoOptions): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'varve-demo-'));
  const server = await startServer(options, directory);
  const stop = async (): Promise<void> => {
    await stopServer(server.child);
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await load(server.port);
    await ask(server.port);
  } catch (error) {
    await stop();
    throw error;
  }
  if (options.exit) {
    await stop();
    console.log('\nThe server is stopped and its data removed.');
    return 0;
  }
  console.log(
    `\nThe server stays up. Connect with:\n\n  psql postgres://postgres@127.0.0.1:${server.port}/postgres\n\nCtrl-C stops it and removes its data.`,
  );
  await Promise.race([
    once(process, 'SIGINT'),
    once(process, 'SIGTERM'),
    once(server.child, 'exit'),
  ]);
  await stop();
  return 0;
}

async function startServer(
  options: DemoOptions,
  directory: string,
): Promise<{ readonly child: ChildProcess; readonly port: number }> {
  const child = spawn(
    process.execPath,
    [options.program, 'start', '--data', directory, '--port', String(options.port)],
    { stdio: ['ignore', 'pipe', 'inherit'], detached: true },
  );
  const lines = createInterface({ input: child.stdout });
  const exited = once(child, 'exit').then(([code]) => {
    throw new Error(`the server ended at its start (exit code ${String(code)})`);
  });
  const line = await Promise.race([once(lines, 'line').then(([text]) => String(text)), exited]);
  exited.catch(() => undefined);
  const port = /^ready postgres:\/\/[^:]+:(\d+)$/.exec(line)?.[1];
  if (port === undefined) throw new Error(`unexpected output of the server: ${line}`);
  console.log(`Server on 127.0.0.1:${port}, data in ${directory}`);
  return { child, port: Number(port) };
}

async function stopServer(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

async function load(port: number): Promise<void> {
  const client = await WireClient.connect(port);
  for (const sql of SCHEMA_SQL) {
    console.log(`\n${sql};`);
    await client.query(sql);
  }
  console.log('');
  await client.copyIn(
    'COPY airports FROM STDIN (FORMAT csv, HEADER)',
    [await readAirports()],
    () => undefined,
  );
  const bar = new ProgressBar('Loading flights', FLIGHT_ROWS);
  await client.copyIn('COPY flights FROM STDIN', texts(bar), () => undefined);
  bar.finish();
  client.close();
}

async function* texts(bar: ProgressBar): AsyncGenerator<Buffer> {
  for await (const piece of readFlights()) {
    yield piece.text;
    bar.add(piece.rows);
  }
}

async function ask(port: number): Promise<void> {
  const client = await WireClient.connect(port);
  for (const { title, sql } of DEMO_QUERIES) {
    const start = performance.now();
    const result = await client.query(sql);
    const milliseconds = performance.now() - start;
    console.log(
      `\n-- ${title}\n${sql};\n\n${drawTable(result)}\n(${result.rows.length} rows, ${milliseconds.toFixed(1)} ms)`,
    );
  }
  client.close();
}
