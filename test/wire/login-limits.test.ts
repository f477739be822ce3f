import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Env } from '../../src/base/env.ts';
import { Clients, type WireListenerOptions } from '../../src/pgwire/listener.ts';
import { createNodeLog } from '../../src/platform/node-log.ts';
import { scramVerifier } from '../../src/platform/scram-crypto.ts';
import {
  int32,
  message,
  query,
  request,
  startup,
  terminate,
  transcript,
} from './support/client-messages.ts';
import { ManualTimers } from './support/manual-timers.ts';
import { MemoryStream } from './support/memory-stream.ts';
import { ENV, ScriptedEngine } from './support/scripted-engine.ts';

const SSL_REQUEST = request(80_877_103);
const HELLO = startup({ user: 'ann', database: 'postgres' });
const WELCOME = ['R:0', 'S:server_version=15.8', 'K', 'Z:I'];
const FULL = 'E:FATAL:53300:sorry, too many clients already';
const CLIENT_FIRST = 'n,,n=,r=abcdefghijkl';
const SASL_START = message('p', 'SCRAM-SHA-256\0', int32(CLIENT_FIRST.length), CLIENT_FIRST);

/** A stream whose TLS handshake waits for a client who never sends a byte. */
class HandshakeStream extends MemoryStream {
  #fail: ((error: Error) => void) | undefined;
  #closed = false;

  override upgradeTls(): Promise<void> {
    return new Promise((_resolve, reject) => {
      this.#fail = reject;
    });
  }

  override destroy(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#fail?.(new Error('connection closed during the TLS handshake'));
    super.destroy();
  }
}

let timers: ManualTimers;
let logged: string[];
let env: Env;
let engine: ScriptedEngine;
let verifier: string;

beforeAll(async () => {
  verifier = await scramVerifier('secret', new Uint8Array(16).fill(9));
});
beforeEach(() => {
  timers = new ManualTimers();
  logged = [];
  const log = createNodeLog('warn', (line) => logged.push(line.replace(/^\S+ /, '').trimEnd()));
  env = { ...ENV, timers, log };
  engine = new ScriptedEngine();
});

function clientsWith(options: Partial<WireListenerOptions> = {}): Clients {
  return new Clients({ engine, env, ...options });
}

async function connect(
  clients: Clients,
  parts: readonly Uint8Array[],
  stream = new MemoryStream(),
): Promise<MemoryStream> {
  clients.accept(stream);
  for (const part of parts) {
    stream.send(part);
    await timers.yield();
  }
  return stream;
}

async function login(clients: Clients, user = 'ann'): Promise<MemoryStream> {
  return connect(clients, [startup({ user, database: 'postgres' })]);
}

/** Every way to stall before a session, by name. */
const STALLS: [string, readonly Uint8Array[]][] = [
  ['nothing sent', []],
  ['half an SSLRequest', [SSL_REQUEST.subarray(0, 5)]],
  ['no handshake after the S', [SSL_REQUEST]],
  ['half a startup packet', [HELLO.subarray(0, 20)]],
  ['no answer to the mechanisms', [HELLO]],
  ['no answer to the challenge', [HELLO, SASL_START]],
];
const TLS = { certificate: '', key: '' };
const FROM_ELSEWHERE = false;

describe('a connection that stalls before it has authenticated', () => {
  it.each(STALLS)('takes no place: %s', async (_name, parts) => {
    engine.verifier = verifier;
    const clients = clientsWith({ connectionsMax: 1, tls: TLS });
    for (let i = 0; i < 1000; i++) {
      await connect(clients, parts, new HandshakeStream(FROM_ELSEWHERE, '192.0.2.7'));
    }
    engine.verifier = null;
    const honest = await login(clients);
    expect(transcript(honest.output())).toEqual(WELCOME);
  });

  it.each(STALLS)('ends with authentication_timeout: %s', async (_name, parts) => {
    engine.verifier = verifier;
    const clients = clientsWith({ tls: TLS, authenticationMs: 10_000 });
    const stream = await connect(clients, parts, new HandshakeStream(FROM_ELSEWHERE));
    await timers.advance(9_999);
    expect(stream.ended).toBe(false);
    await timers.advance(1);
    expect(stream.ended).toBe(true);
    expect(logged).toEqual([
      expect.stringMatching(
        /^WARN login failed error="canceling authentication due to timeout" code=57014 .*address=127.0.0.1 port=50000$/,
      ),
    ]);
    await timers.advance(5_000);
    expect(timers.waiting).toBe(0);
  });

  it('goes when its own network crowds the lobby, and takes nobody else along', async () => {
    const clients = clientsWith({ connectionsMax: 1 });
    const honest = await connect(clients, [HELLO.subarray(0, 20)]);
    const flood: MemoryStream[] = [];
    for (let i = 0; i < 1000; i++) {
      flood.push(await connect(clients, [], new MemoryStream(FROM_ELSEWHERE, '192.0.2.7')));
    }
    expect(flood.map((stream) => stream.ended)).toEqual([
      ...Array<boolean>(800).fill(true),
      ...Array<boolean>(200).fill(false),
    ]);
    honest.send(HELLO.subarray(20));
    await timers.yield();
    expect(transcript(honest.output())).toEqual(WELCOME);
  });

  it('shows a flood in the log once per interval', async () => {
    const clients = clientsWith({ connectionsMax: 1 });
    for (let i = 0; i < 301; i++) await connect(clients, []);
    const line =
      'WARN too many connections that have not logged in: the oldest are dropped dropped=';
    expect(logged).toEqual([`${line}1`]);
    await timers.advance(10_000);
    expect(logged).toEqual([`${line}1`, `${line}99`]);
  });

  it('stays in the lobby when refused until its stream is closed', async () => {
    const clients = clientsWith({ connectionsMax: 1 });
    const refused: MemoryStream[] = [];
    for (let i = 0; i < 1000; i++) refused.push(await connect(clients, [request(196_608)]));
    const open = refused.filter((stream) => !stream.destroyed);
    expect(open).toHaveLength(201);
    await timers.advance(5_000);
    expect(refused.filter((stream) => !stream.destroyed)).toHaveLength(0);
  });
});

describe('places', () => {
  it('are given out at the end of authentication', async () => {
    engine.verifier = verifier;
    const clients = clientsWith({ connectionsMax: 1 });
    const stalled = await connect(clients, [HELLO, SASL_START], new MemoryStream(FROM_ELSEWHERE));
    expect(transcript(stalled.output())).toEqual(['R:10', 'R:11']);
    engine.verifier = null;
    const first = await login(clients);
    const second = await login(clients);
    expect(transcript(second.output())).toEqual([FULL]);
    first.send(terminate());
    await timers.yield();
    expect(transcript((await login(clients)).output())).toEqual(WELCOME);
  });

  it('leave the last ones to superusers', async () => {
    const clients = clientsWith({ connectionsMax: 4, superuserPlaces: 3 });
    const words: string[][] = [];
    for (const user of ['ann', 'ann', 'postgres', 'postgres', 'postgres', 'postgres']) {
      words.push(transcript((await login(clients, user)).output()));
    }
    const reserved =
      'E:FATAL:53300:remaining connection slots are reserved for non-replication superuser connections';
    expect(words).toEqual([WELCOME, [reserved], WELCOME, WELCOME, WELCOME, [FULL]]);
  });

  it('are not needed to cancel', async () => {
    const clients = clientsWith({ connectionsMax: 1 });
    const busy = await login(clients);
    busy.send(query('wait'));
    for (let i = 0; i < 1000; i++) await connect(clients, []);
    await connect(clients, [request(80_877_102, 100, 7)]);
    expect(transcript(busy.output()).slice(4)).toEqual([
      'E:ERROR:57014:canceling statement due to user request',
      'Z:I',
    ]);
  });
});

describe('the log', () => {
  it('tells who failed to log in, and no secrets', async () => {
    engine.verifier = verifier;
    const stream = await connect(
      clientsWith(),
      [HELLO, SASL_START],
      new MemoryStream(FROM_ELSEWHERE, '192.0.2.7'),
    );
    const nonce = /r=([^,]+)/.exec(Buffer.from(stream.output()).toString('latin1'))?.[1] ?? '';
    const proof = Buffer.alloc(32, 'sesame').toString('base64');
    stream.send(message('p', `c=biws,r=${nonce},p=${proof}`));
    await timers.yield();
    expect(logged).toEqual([
      'WARN login failed error="password authentication failed for user \\"ann\\"" code=28P01 user=ann address=192.0.2.7 port=50000',
    ]);
  });

  it('cuts a name that is too long for a role', async () => {
    engine.verifier = verifier;
    const stream = await connect(clientsWith({ connectionsMax: 1 }), [
      startup({ user: 'ä'.repeat(4000), replication: 'no' }),
      Buffer.from('x'),
    ]);
    expect(stream.ended).toBe(true);
    expect(logged).toEqual([
      `WARN login failed error="expected SASL response, got message type 120" code=08P01 user="${'ä'.repeat(31)}" address=127.0.0.1 port=50000`,
    ]);
  });

  it('is silent about clients that leave, and about a shutdown', async () => {
    const clients = clientsWith();
    (await connect(clients, [])).hangUp();
    await connect(clients, [HELLO.subarray(0, 9)]);
    await clients.stop();
    expect(logged).toEqual([]);
  });
});
