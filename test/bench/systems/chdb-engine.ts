/** ClickHouse as a library (chdb) inside this process, with two threads and its tables on disk. */
import { AnswerCollector } from '../answers/answer.ts';
import type { Engine } from './engine.ts';

/** The part of chdb that is used; the package is installed for the bench alone. */
interface ChdbModule {
  readonly Session: new (path: string, options: { connectionArgs: readonly string[] }) => Session;
}

interface Session {
  queryAsync(sql: string, options: { format: string }): Promise<{ bytes(): Uint8Array }>;
  close(): void;
}

const TAB = 0x09;
const NEWLINE = 0x0a;

export async function openChdb(directory: string): Promise<Engine> {
  const packageName = 'chdb';
  const { Session } = (await import(packageName)) as ChdbModule;
  const session = new Session(directory, { connectionArgs: ['--max_threads=2'] });
  const ask = async (sql: string, format: string): Promise<Buffer> => {
    const bytes = (await session.queryAsync(sql, { format })).bytes();
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  };
  const scalar = async (sql: string): Promise<string> =>
    (await ask(sql, 'TabSeparated')).toString().trim();
  return {
    version: `ClickHouse ${await scalar('SELECT version()')} (chdb)`,
    execute: async (sql) => void (await ask(sql, 'Null')),
    time: async (sql) => {
      const start = performance.now();
      const bytes = await ask(sql, 'Native');
      return { milliseconds: performance.now() - start, bytes: bytes.length };
    },
    answer: async (sql, kinds) => {
      const collector = new AnswerCollector(kinds);
      for (const row of tabSeparated(await ask(sql, 'TabSeparated'))) collector.add(row);
      return collector.result();
    },
    scalar,
    close: async () => session.close(),
  };
}

function* tabSeparated(bytes: Buffer): Generator<(string | null)[]> {
  let row: (string | null)[] = [];
  let start = 0;
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] !== TAB && bytes[at] !== NEWLINE) continue;
    const text = bytes.toString('utf8', start, at);
    row.push(text === '\\N' ? null : text.includes('\\') ? unescaped(text) : text);
    start = at + 1;
    if (bytes[at] === NEWLINE) {
      yield row;
      row = [];
    }
  }
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/g, (_, c: string) => ({ t: '\t', n: '\n' })[c] ?? c);
}
