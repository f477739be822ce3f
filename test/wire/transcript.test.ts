import { describe, expect, it } from 'vitest';
import { Clients } from '../../src/pgwire/listener.ts';
import {
  bind,
  close,
  copyData,
  copyDone,
  copyFail,
  describe as describeMessage,
  execute,
  flush,
  message,
  parse,
  query,
  request,
  startup,
  sync,
  terminate,
  transcript,
} from './support/client-messages.ts';
import { MemoryStream } from './support/memory-stream.ts';
import { ENV, ScriptedEngine } from './support/scripted-engine.ts';

const HELLO = startup({ user: 'ann', database: 'postgres', application_name: 'test' });
const WELCOME = ['R:0', 'S:server_version=15.8', 'K', 'Z:I'];

interface Outcome {
  readonly words: string[];
  readonly engine: ScriptedEngine;
}

/** Plays a whole conversation, cut into pieces, until the server closes. */
async function play(
  bytes: Buffer,
  cut: (stream: MemoryStream, bytes: Buffer) => void,
): Promise<Outcome> {
  const engine = new ScriptedEngine();
  const stream = new MemoryStream();
  new Clients({ engine, env: ENV }).accept(stream);
  cut(stream, bytes);
  await stream.whenEnded();
  return { words: transcript(stream.output()), engine };
}

const whole = (stream: MemoryStream, bytes: Buffer): void => stream.send(bytes);

async function talk(...messages: Buffer[]): Promise<string[]> {
  const { words } = await play(Buffer.concat([HELLO, ...messages, terminate()]), whole);
  expect(words.slice(0, 4)).toEqual(WELCOME);
  return words.slice(4);
}

const CONVERSATIONS: [string, Buffer[], string[]][] = [
  [
    'simple queries',
    [query('rows 2; set x'), query(''), query('error'), query('notice')],
    [
      'T:2',
      'D:0,t0',
      'D:1,t1',
      'C:SELECT 2',
      'S:TimeZone=UTC',
      'C:SET',
      'Z:I',
      'I',
      'Z:I',
      'E:ERROR:42P01:relation "x" does not exist',
      'Z:I',
      'N:NOTICE:00000:look',
      'C:NOTICE',
      'Z:I',
    ],
  ],
  [
    'the extended protocol',
    [
      parse('rows 3', 's'),
      describeMessage('S', 's'),
      bind('p', 's'),
      describeMessage('P', 'p'),
      execute('p', 2),
      execute('p', 2),
      close('P', 'p'),
      close('S', 's'),
      flush(),
      sync(),
    ],
    [
      '1',
      't',
      'T:2',
      '2',
      'T:2',
      'D:0,t0',
      'D:1,t1',
      's',
      'D:2,NULL',
      'C:SELECT 3',
      '3',
      '3',
      'Z:I',
    ],
  ],
  [
    'a skip to Sync',
    [
      parse('error'),
      bind(),
      execute(),
      execute(),
      query('rows 1'),
      parse('x'),
      sync(),
      parse('bad syntax'),
      sync(),
      parse('set x'),
      describeMessage('S'),
      bind(),
      execute(),
      sync(),
    ],
    [
      '1',
      '2',
      'E:ERROR:42P01:relation "x" does not exist',
      'Z:I',
      'E:ERROR:42601:syntax error at or near "bad"',
      'Z:I',
      '1',
      't',
      'n',
      '2',
      'S:TimeZone=UTC',
      'C:SET',
      'Z:I',
    ],
  ],
  [
    'COPY in',
    [
      query('copyin'),
      copyData('a\tb\n'),
      copyData(''),
      flush(),
      sync(),
      copyData('c'),
      copyData('\td\n'),
      copyDone(),
      query('copyin; rows 1'),
      copyDone(),
    ],
    ['G', 'C:COPY 8', 'Z:I', 'G', 'C:COPY 0', 'T:2', 'D:0,t0', 'C:SELECT 1', 'Z:I'],
  ],
  [
    'COPY in that fails',
    [
      query('copyin'),
      copyData('a\n'),
      copyFail('no more'),
      copyFail('again'),
      query('copyin half'),
      copyData('a\n'),
      copyData('b\n'),
      copyDone(),
      query('rows 0'),
    ],
    [
      'G',
      'E:ERROR:57014:COPY from stdin failed: no more',
      'Z:I',
      'G',
      'E:ERROR:22P04:extra data after last expected column',
      'Z:I',
      'T:2',
      'C:SELECT 0',
      'Z:I',
    ],
  ],
  [
    'COPY in by the extended protocol',
    [
      parse('copyin'),
      bind(),
      execute(),
      flush(),
      copyData('abc\n'),
      copyDone(),
      sync(),
      parse('copyin half'),
      bind(),
      execute(),
      copyData('a'),
      copyDone(),
      sync(),
      query('rows 0'),
    ],
    [
      '1',
      '2',
      'G',
      'C:COPY 4',
      'Z:I',
      '1',
      '2',
      'G',
      'E:ERROR:22P04:extra data after last expected column',
      'Z:I',
      'T:2',
      'C:SELECT 0',
      'Z:I',
    ],
  ],
  ['COPY out', [query('copyout')], ['H', 'd:a\n', 'd:b\n', 'c', 'C:COPY 2', 'Z:I']],
  [
    'a function call',
    [message('F', Buffer.alloc(10)), query('begin')],
    ['E:ERROR:0A000:fastpath function calls are not supported', 'Z:I', 'C:BEGIN', 'Z:T'],
  ],
  [
    'messages with broken contents',
    [
      message('P', 'no end'),
      sync(),
      message('B', Buffer.from([0, 0, 0, 9])),
      sync(),
      message('D', 'X\0'),
      sync(),
      message('Q', Buffer.from([0xff, 0])),
      message('E', 'p\0', Buffer.from([0, 0, 0, 0, 0])),
      sync(),
    ],
    [
      'E:ERROR:08P01:invalid string in message',
      'Z:I',
      'E:ERROR:08P01:insufficient data left in message',
      'Z:I',
      'E:ERROR:08P01:invalid DESCRIBE message subtype 88',
      'Z:I',
      'E:ERROR:22021:invalid byte sequence for encoding "UTF8": 0xff',
      'Z:I',
      'E:ERROR:08P01:invalid message format',
      'Z:I',
    ],
  ],
];

describe('a conversation', () => {
  for (const [name, messages, answers] of CONVERSATIONS) {
    it(`holds ${name}`, async () => {
      expect(await talk(...messages)).toEqual(answers);
    });

    it(`holds ${name} in pieces of every length`, async () => {
      const bytes = Buffer.concat([HELLO, ...messages, terminate()]);
      for (const length of [1, 2, 3, 5, 7, 11, 64]) {
        const { words } = await play(bytes, (stream, all) => stream.send(all, length));
        expect(words.slice(4), `pieces of ${length}`).toEqual(answers);
      }
    });

    it(`holds ${name} cut in two at every border`, async () => {
      const bytes = Buffer.concat([HELLO, ...messages, terminate()]);
      for (let at = 1; at < bytes.length; at++) {
        const { words } = await play(bytes, (stream, all) => {
          stream.send(all.subarray(0, at));
          setImmediate(() => stream.send(all.subarray(at)));
        });
        expect(words.slice(4), `cut at ${at}`).toEqual(answers);
      }
    });
  }

  it('keeps CopyData in order and whole', async () => {
    const rows = Array.from({ length: 500 }, (_, i) => `row ${i}\n`);
    const bytes = Buffer.concat([
      HELLO,
      query('copyin'),
      ...rows.map(copyData),
      copyDone(),
      terminate(),
    ]);
    for (const length of [1, 13, 1000, bytes.length]) {
      const { words, engine } = await play(bytes, (stream, all) => stream.send(all, length));
      expect(words.slice(4)).toEqual(['G', `C:COPY ${rows.join('').length}`, 'Z:I']);
      expect(engine.sessions[0]?.copied).toBe(rows.join(''));
    }
  });
});

describe('the end of a connection', () => {
  it('refuses an unknown message type', async () => {
    expect(await talk(message('y', 'abc'))).toEqual([
      'E:FATAL:08P01:invalid frontend message type 121',
    ]);
  });

  it('refuses a length that no message can have', async () => {
    const huge = Buffer.from([0x51, 0x7f, 0xff, 0xff, 0xff]);
    expect(await talk(huge)).toEqual(['E:FATAL:08P01:invalid message length']);
    expect(await talk(Buffer.from([0x51, 0, 0, 0, 3]))).toEqual([
      'E:FATAL:08P01:invalid message length',
    ]);
    expect(await talk(Buffer.from([0x51, 0xff, 0xff, 0xff, 0xff]))).toEqual([
      'E:FATAL:08P01:invalid message length',
    ]);
  });

  it('follows a FATAL error, without ReadyForQuery', async () => {
    expect(await talk(query('fatal'), query('rows 1'))).toEqual([
      'E:FATAL:57P01:terminating connection due to administrator command',
    ]);
  });

  it('refuses another message in the middle of COPY', async () => {
    expect(await talk(query('copyin'), query('rows 1'))).toEqual([
      'G',
      'E:FATAL:08P01:unexpected message type 0x51 during COPY from stdin',
    ]);
  });

  it('closes the session when the client hangs up', async () => {
    const { words, engine } = await play(Buffer.concat([HELLO, query('rows 1')]), (stream, all) => {
      stream.send(all);
      stream.hangUp();
    });
    expect(words.at(-1)).toBe('Z:I');
    expect(engine.sessions[0]?.closed).toBe(true);
  });

  it('cancels what runs for a client that is gone', async () => {
    const { engine } = await play(Buffer.concat([HELLO, query('wait')]), (stream, all) => {
      stream.send(all);
      setTimeout(() => stream.breakOff(), 20);
    });
    expect(engine.sessions[0]?.closed).toBe(true);
  });
});

describe('startup', () => {
  const firstWords = async (bytes: Buffer, stream = new MemoryStream()): Promise<string[]> => {
    new Clients({ engine: new ScriptedEngine(), env: ENV }).accept(stream);
    stream.send(bytes);
    stream.hangUp();
    await stream.whenEnded();
    return transcript(stream.output());
  };

  it('answers N to encryption requests and goes on', async () => {
    const stream = new MemoryStream();
    new Clients({ engine: new ScriptedEngine(), env: ENV }).accept(stream);
    stream.send(Buffer.concat([request(80_877_104), request(80_877_103), HELLO, terminate()]));
    await stream.whenEnded();
    expect(Buffer.from(stream.output().subarray(0, 2)).toString()).toBe('NN');
    expect(transcript(stream.output().subarray(2))).toEqual(WELCOME);
  });

  it('refuses a second SSLRequest', async () => {
    const stream = new MemoryStream();
    new Clients({ engine: new ScriptedEngine(), env: ENV }).accept(stream);
    stream.send(Buffer.concat([request(80_877_103), request(80_877_103)]));
    await stream.whenEnded();
    expect(transcript(stream.output().subarray(1))).toEqual([
      'E:FATAL:0A000:unsupported frontend protocol 1234.5679: server supports 3.0 to 3.0',
    ]);
  });

  it('negotiates a newer minor version and unknown options', async () => {
    const words = await firstWords(
      startup({ user: 'ann', database: 'postgres', '_pq_.x': '1' }, 196_610),
    );
    expect(words).toEqual(['v', ...WELCOME]);
  });

  it('refuses other versions, missing users and bad layouts', async () => {
    expect(await firstWords(startup({ user: 'ann' }, 131_072))).toEqual([
      'E:FATAL:0A000:unsupported frontend protocol 2.0: server supports 3.0 to 3.0',
    ]);
    expect(await firstWords(startup({ database: 'x' }))).toEqual([
      'E:FATAL:28000:no PostgreSQL user name specified in startup packet',
    ]);
    expect(await firstWords(request(196_608))).toEqual([
      'E:FATAL:08P01:invalid startup packet layout: expected terminator as last byte',
    ]);
    expect(await firstWords(Buffer.from([0, 0, 0x40, 0, 0, 3, 0, 0]))).toEqual([
      'E:FATAL:08P01:invalid length of startup packet',
    ]);
  });

  it('passes on what the engine refuses', async () => {
    expect(await firstWords(startup({ user: 'ann', database: 'missing' }))).toEqual([
      'R:0',
      'E:FATAL:3D000:database "missing" does not exist',
    ]);
  });

  it('asks strangers from elsewhere for a password, whether the user exists or not', async () => {
    for (const user of ['ann', 'nobody']) {
      expect(await firstWords(startup({ user }), new MemoryStream(false))).toEqual(['R:10']);
    }
  });

  it('hands on settings from parameters and options', async () => {
    const bytes = startup({
      user: 'ann',
      DateStyle: 'ISO',
      options: '-c geqo=off --work-mem=1MB -csearch_path=a\\ b',
    });
    const { engine } = await play(Buffer.concat([bytes, terminate()]), whole);
    expect(engine.sessions[0]?.options).toMatchObject({
      user: 'ann',
      database: 'ann',
      settings: [
        ['geqo', 'off'],
        ['work_mem', '1MB'],
        ['search_path', 'a b'],
        ['DateStyle', 'ISO'],
      ],
    });
  });

  it('turns the client away that comes when all places are taken', async () => {
    const clients = new Clients({ engine: new ScriptedEngine(), env: ENV, connectionsMax: 1 });
    const first = new MemoryStream();
    const second = new MemoryStream();
    const third = new MemoryStream();
    clients.accept(first);
    first.send(HELLO);
    clients.accept(second);
    second.send(HELLO);
    await second.whenEnded();
    expect(transcript(second.output())).toEqual(['E:FATAL:53300:sorry, too many clients already']);
    first.send(terminate());
    await first.whenEnded();
    clients.accept(third);
    third.send(Buffer.concat([HELLO, terminate()]));
    await third.whenEnded();
    expect(transcript(third.output())).toEqual(WELCOME);
  });
});

describe('a running statement', () => {
  it('ends by a cancel request with the right key only', async () => {
    const engine = new ScriptedEngine();
    const clients = new Clients({ engine, env: ENV });
    const stream = new MemoryStream();
    clients.accept(stream);
    stream.send(Buffer.concat([HELLO, query('wait')]));
    await settle();
    for (const key of [8, 7]) {
      expect(transcript(stream.output())).toEqual(WELCOME);
      const canceller = new MemoryStream();
      clients.accept(canceller);
      canceller.send(request(80_877_102, 100, key));
      await canceller.whenEnded();
      expect(canceller.output()).toHaveLength(0);
      await settle();
    }
    stream.send(terminate());
    await stream.whenEnded();
    expect(transcript(stream.output()).slice(4)).toEqual([
      'E:ERROR:57014:canceling statement due to user request',
      'Z:I',
    ]);
  });

  it('waits for a slow reader, and its memory stays small', async () => {
    const engine = new ScriptedEngine();
    const stream = new MemoryStream();
    new Clients({ engine, env: ENV }).accept(stream);
    stream.send(HELLO);
    await settle();
    stream.stalled = true;
    stream.send(Buffer.concat([query('rows 400000'), terminate()]));
    await settle();
    const session = engine.sessions[0];
    const sent = session?.batchesSent ?? 0;
    expect(sent).toBeLessThan(200);
    await settle();
    expect(session?.batchesSent).toBe(sent);
    expect(stream.pendingBytes).toBeLessThan(2 * 1024 * 1024);
    while (!stream.ended) {
      stream.read();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(stream.pendingMax).toBeLessThan(2 * 1024 * 1024);
    const words = transcript(stream.output());
    expect(words.length).toBe(4 + 400_003);
    expect(words.at(-3)).toBe('D:399999,t399999');
    expect(words.slice(-2)).toEqual(['C:SELECT 400000', 'Z:I']);
  });

  it('makes the client wait that sends ahead of it', async () => {
    const stream = new MemoryStream();
    const engine = new ScriptedEngine();
    new Clients({ engine, env: ENV }).accept(stream);
    stream.send(Buffer.concat([HELLO, query('wait')]));
    await settle();
    for (let i = 0; i < 30; i++) stream.send(query('x'.repeat(60_000)));
    expect(stream.paused).toBe(true);
    engine.sessions[0]?.cancel();
    await settle();
    expect(stream.paused).toBe(false);
    stream.send(terminate());
    await stream.whenEnded();
    expect(transcript(stream.output()).filter((word) => word === 'Z:I')).toHaveLength(32);
  });
});

describe('asynchronous messages', () => {
  it('reach an idle client at once, a busy one before ReadyForQuery, and none inside a transaction', async () => {
    const engine = new ScriptedEngine();
    const stream = new MemoryStream();
    new Clients({ engine, env: ENV }).accept(stream);
    stream.send(HELLO);
    await settle();
    const session = engine.sessions[0];
    const notify = (payload: string): void =>
      session?.tell({ kind: 'notification', processId: 1, channel: 'c', payload });
    notify('idle');
    stream.send(query('wait'));
    await settle();
    notify('busy');
    session?.cancel();
    await settle();
    stream.send(query('begin'));
    await settle();
    notify('later');
    await settle();
    expect(transcript(stream.output()).slice(4)).toEqual([
      'A:c:idle',
      'E:ERROR:57014:canceling statement due to user request',
      'A:c:busy',
      'Z:I',
      'C:BEGIN',
      'Z:T',
    ]);
  });

  it('end idle and busy connections', async () => {
    for (const busy of [false, true]) {
      const engine = new ScriptedEngine();
      const clients = new Clients({ engine, env: ENV });
      const stream = new MemoryStream();
      clients.accept(stream);
      stream.send(busy ? Buffer.concat([HELLO, query('wait')]) : HELLO);
      await settle();
      await clients.stop();
      expect(transcript(stream.output()).slice(4)).toEqual([
        'E:FATAL:57P01:terminating connection due to administrator command',
      ]);
      expect(engine.sessions[0]?.closed).toBe(true);
    }
  });
});

function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20));
}
