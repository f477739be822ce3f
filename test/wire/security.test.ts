import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { listenWire, type WireListener } from '../../src/pgwire/listener.ts';
import { scramVerifier } from '../../src/platform/scram-crypto.ts';
import { request, startup, transcript } from './support/client-messages.ts';
import { ENV, ScriptedEngine } from './support/scripted-engine.ts';

const pem = (name: string): string =>
  readFileSync(join(import.meta.dirname, 'support', `localhost-${name}.pem`), 'utf8');
const TLS = { certificate: pem('certificate'), key: pem('key') };

let listener: WireListener | undefined;
const engine = new ScriptedEngine();

async function listen(
  tls: boolean,
  password: string | null,
  connectionsMax?: number,
): Promise<number> {
  engine.verifier =
    password === null ? null : await scramVerifier(password, new Uint8Array(16).fill(9));
  listener = await listenWire({
    engine,
    env: ENV,
    host: '127.0.0.1',
    port: 0,
    tls: tls ? TLS : undefined,
    connectionsMax,
  });
  return listener.port;
}

afterEach(async () => {
  await listener?.close();
  listener = undefined;
});

async function login(port: number, config: pg.ClientConfig): Promise<unknown> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: 'ann',
    database: 'postgres',
    ...config,
  });
  try {
    await client.connect();
    const { rows } = await client.query('rows 2');
    await client.end();
    return rows;
  } catch (error) {
    return (error as { code?: string }).code ?? (error as Error).message;
  }
}

const ROWS = [
  { i: 0, t: 't0' },
  { i: 1, t: 't1' },
];

describe('SCRAM', () => {
  it('lets in who knows the password', async () => {
    const port = await listen(false, 'pässwörd ☃');
    expect(await login(port, { password: 'pässwörd ☃' })).toEqual(ROWS);
    expect(await login(port, { password: 'passwort' })).toBe('28P01');
    // Trust on loopback ends for everybody once the first role has a password.
    expect(await login(port, { password: 'passwort', user: 'nobody' })).toBe('28P01');
  });

  it('binds to the channel over TLS', async () => {
    const port = await listen(true, 'secret');
    const ssl = { ca: TLS.certificate, servername: 'localhost' };
    for (const enableChannelBinding of [true, false]) {
      const config = { ssl, enableChannelBinding } as pg.ClientConfig;
      expect(await login(port, { ...config, password: 'secret' })).toEqual(ROWS);
      expect(await login(port, { ...config, password: 'wrong' })).toBe('28P01');
    }
    expect(await login(port, { password: 'secret' })).toEqual(ROWS);
  });

  it('refuses what is not SCRAM', async () => {
    const port = await listen(false, 'secret');
    const outcomes: [Buffer, string][] = [
      [
        password('SCRAM-SHA-1', 'n,,n=,r=abc'),
        'E:FATAL:08P01:client selected an invalid SASL authentication mechanism',
      ],
      [password('SCRAM-SHA-256', 'nonsense'), 'E:FATAL:08P01:malformed SCRAM message'],
      [
        password('SCRAM-SHA-256', 'n,a=x,n=,r=abc'),
        'E:FATAL:0A000:client uses authorization identity, but it is not supported',
      ],
      [
        Buffer.from('Q\0\0\0\x05\0', 'latin1'),
        'E:FATAL:08P01:expected SASL response, got message type 81',
      ],
      [Buffer.from('p\0\x01\0\0', 'latin1'), 'E:FATAL:08P01:invalid message length'],
    ];
    for (const [bytes, answer] of outcomes) {
      const words = transcript(await exchange(port, startup({ user: 'ann' }), bytes));
      expect(words).toEqual(['R:10', answer]);
    }
  });
});

describe('TLS', () => {
  it('encrypts a whole session', async () => {
    const port = await listen(true, null);
    expect(await login(port, { ssl: { ca: TLS.certificate, servername: 'localhost' } })).toEqual(
      ROWS,
    );
  });

  it('is refused where there is no certificate', async () => {
    const port = await listen(false, null);
    expect(await login(port, { ssl: true })).toMatch(/does not support SSL/);
  });

  it('does not take bytes that came before the handshake', async () => {
    const port = await listen(true, null);
    const bytes = await exchange(
      port,
      Buffer.concat([request(80_877_103), startup({ user: 'ann' })]),
    );
    expect(transcript(bytes)).toEqual([
      'E:FATAL:08P01:received unencrypted data after SSL request',
    ]);
  });

  it('ends a connection whose handshake fails', async () => {
    const port = await listen(true, null);
    const bytes = await exchange(port, request(80_877_103), Buffer.from('this is no ClientHello'));
    expect(Buffer.from(bytes.subarray(0, 1)).toString()).toBe('S');
  });
});

describe('connections that stall before they have authenticated', () => {
  const SSL_REQUEST = request(80_877_103);
  const HELLO = startup({ user: 'ann', database: 'postgres' });
  /** What the client sends, each part after an answer to the one before. */
  const STALLS: readonly (readonly Buffer[])[] = [
    [],
    [SSL_REQUEST.subarray(0, 5)],
    [SSL_REQUEST],
    [SSL_REQUEST, Buffer.from([0x16, 3, 1, 2, 0])],
    [HELLO.subarray(0, 20)],
    [HELLO, password('SCRAM-SHA-256', 'n,,n=,r=abcdefghijkl')],
  ];
  const COUNT = 360;
  /** So many that the lobby has room for all but ten. */
  const PLACES = 150;

  it('keep nobody out and cost little memory', async () => {
    const port = await listen(true, 'secret', PLACES);
    const before = process.memoryUsage().arrayBuffers;
    const sockets: Socket[] = [];
    for (let i = 0; i < COUNT; i++) {
      sockets.push(await stall(port, STALLS[i % STALLS.length] as readonly Buffer[]));
    }
    const each = (process.memoryUsage().arrayBuffers - before) / COUNT;
    expect(each).toBeLessThan(8 * 1024);
    const ssl = { ca: TLS.certificate, servername: 'localhost' };
    expect(await login(port, { password: 'secret' })).toEqual(ROWS);
    expect(await login(port, { password: 'secret', ssl })).toEqual(ROWS);
    // Ten for each other, one for the first login; the second found the room that the first left.
    const dropped = sockets.slice(0, 11);
    await Promise.all(dropped.map((socket) => socket.closed || once(socket, 'close')));
    expect(sockets.filter((socket) => socket.closed)).toEqual(dropped);
    for (const socket of sockets) socket.destroy();
  });

  /** Resolves when the server has answered every part but the last, or has that one at least. */
  async function stall(port: number, parts: readonly Buffer[]): Promise<Socket> {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    for (const part of parts) {
      socket.write(part);
      if (part.length > 20 || part === SSL_REQUEST) await once(socket, 'data');
    }
    return socket.resume();
  }
});

function password(mechanism: string, response: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(response.length);
  const payload = Buffer.concat([Buffer.from(`${mechanism}\0`), length, Buffer.from(response)]);
  const size = Buffer.alloc(4);
  size.writeInt32BE(payload.length + 4);
  return Buffer.concat([Buffer.from('p'), size, payload]);
}

/** Sends each part after an answer to the one before, and reads until the server closes. */
function exchange(port: number, ...parts: Buffer[]): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const received: Buffer[] = [];
    const socket: Socket = connect(port, '127.0.0.1', () => socket.write(parts.shift() ?? ''));
    socket.on('data', (chunk) => {
      received.push(chunk);
      const next = parts.shift();
      if (next !== undefined) socket.write(next);
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(new Uint8Array(Buffer.concat(received))));
  });
}
