/** Sessions of the wire protocol with bytes changed at random: the server lives on and answers. */
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../src/engine/session.ts';
import { createNodeEnv } from '../../src/platform/node-env.ts';
import { type RunningServer, startServer } from '../../src/server/server.ts';
import { SeededRandom } from '../differential/seeded-random.ts';
import * as client from '../wire/support/client-messages.ts';
import { quietEngine } from './fuzz-target.ts';
import { printedSeed } from '../support/seed.ts';

const ROUNDS = Number(process.env.FUZZ ?? 150);
/** The server says nothing to a message that is not whole; then the client hangs up. */
const QUIET_MS = 15;

let engine: Engine;
let server: RunningServer;
beforeAll(async () => {
  engine = await quietEngine();
  server = await startServer({
    engine,
    env: createNodeEnv({ logLevel: 'error' }),
    listen: '127.0.0.1',
    port: 0,
  });
});
afterAll(async () => {
  await server.close();
  await engine.close();
});

const START = client.startup({ user: 'postgres', database: 'postgres' });

const SESSIONS: readonly (readonly Buffer[])[] = [
  [START, client.query('SELECT 1, null, repeat($$x$$, 100)'), client.terminate()],
  [
    START,
    client.parse('SELECT $1::int4 + 1, $2::text', 's'),
    client.describe('S', 's'),
    client.message(
      'B',
      'p\0s\0',
      client.int16(1),
      client.int16(1),
      client.int16(2),
      client.int32(4),
      client.int32(41),
      client.int32(1),
      'x',
      client.int16(1),
      client.int16(1),
    ),
    client.describe('P', 'p'),
    client.execute('p', 1),
    client.close('P', 'p'),
    client.sync(),
  ],
  [
    START,
    client.query('CREATE TEMPORARY TABLE wire_copy (a int, b text)'),
    client.query('COPY wire_copy FROM STDIN'),
    client.copyData('1\tone\n2\t'),
    client.copyData('two\n\\.\n'),
    client.copyDone(),
    client.query('COPY wire_copy TO STDOUT (FORMAT binary)'),
    client.query('BEGIN; SELECT 1/0'),
    client.query('ROLLBACK'),
  ],
  [client.request(80_877_103), START, client.query('SELECT 1')],
  [client.request(80_877_102, 1, 2)],
  [
    START,
    client.parse('SELECT generate_series(1, 1000)'),
    client.bind(),
    client.execute('', 10),
    client.flush(),
    client.execute('', 0),
    client.copyFail('no'),
    client.sync(),
    client.message('F', client.int32(1), client.int16(0), client.int16(0), client.int16(0)),
  ],
];

function changed(random: SeededRandom, messages: readonly Buffer[]): Buffer {
  const list = messages.map((message) => Buffer.from(message));
  const kind = random.int(0, 5);
  if (kind === 0) list.splice(random.int(0, list.length - 1), 1);
  if (kind === 1) list.splice(random.int(0, list.length), 0, random.pick(list));
  const bytes = Buffer.concat(list);
  if (kind === 2) return bytes.subarray(0, random.int(0, bytes.length));
  // Mostly behind the startup packet, which would refuse the rest.
  const from = random.chance(0.8) ? Math.min(START.length, bytes.length - 1) : 0;
  for (let i = random.int(1, 4); i > 0 && bytes.length > 0; i--) {
    const at = random.int(Math.max(0, from), Math.max(0, bytes.length - 1));
    bytes[at] = random.pick([0, 1, 4, 0x7f, 0x80, 0xff, random.int(0, 255)]);
  }
  return bytes;
}

/** Sends the bytes in pieces, hangs up after a silence; resolves with what came. */
function exchange(pieces: readonly Buffer[], quietMs: number): Promise<Buffer> {
  return new Promise((resolve) => {
    const received: Buffer[] = [];
    const socket = connect(server.port, '127.0.0.1');
    const hangUp = (): void => void socket.destroy();
    let timer = setTimeout(hangUp, quietMs + 100);
    socket.on('data', (bytes) => {
      received.push(bytes);
      clearTimeout(timer);
      timer = setTimeout(hangUp, quietMs);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(Buffer.concat(received));
    });
    for (const piece of pieces) socket.write(piece);
  });
}

test('the server outlives changed sessions', { timeout: 30_000 + ROUNDS * 400 }, async () => {
  const seed = printedSeed('wire fuzz');
  const random = new SeededRandom(seed);
  const internal: string[] = [];
  for (let round = 0; round < ROUNDS; round += 10) {
    const sent = Array.from({ length: 10 }, () => changed(random, random.pick(SESSIONS)));
    const answers = await Promise.all(
      sent.map((bytes) => {
        const cut = random.int(0, bytes.length);
        return exchange([bytes.subarray(0, cut), bytes.subarray(cut)], QUIET_MS);
      }),
    );
    answers.forEach((answer, i) => {
      if (answer.includes('CXX000\0')) internal.push(`${sent[i]?.toString('latin1')}\n${answer}`);
    });
    const answer = await exchange([START, client.query('SELECT 6 * 7'), client.terminate()], 5_000);
    expect(answer.includes('SELECT 1\0'), `seed ${seed}, round ${round}`).toBe(true);
    expect(answer.includes('42'), `seed ${seed}, round ${round}`).toBe(true);
  }
  expect(internal, `seed ${seed}`).toEqual([]);
});
