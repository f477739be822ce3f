/**
 * Sessions of one engine, their statements interleaved, answer as those of PostgreSQL 15 do: rows, tags,
 * SQLSTATEs, and which statements wait. See spec-file.ts for the specs and record.ts for the answers. What
 * Varve answers where it differs on purpose is in expected/*.varve.out, written with
 * VARVE_ISOLATION_DIFFERENCES=write.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { recordSpec } from './record.ts';
import { runPermutation } from './run-permutation.ts';
import { parseSpec, type Permutation, type Spec } from './spec-file.ts';
import { varveServer, type VarveServer } from './varve-server.ts';

const folder = new URL('.', import.meta.url);
const only = process.env['ISOLATION_SPEC'] ?? '';
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.spec') && name.includes(only))
  .map((name) => name.slice(0, -5));
const recordFrom = process.env['VARVE_ISOLATION_RECORD'];

/** Writes down what Varve answers where the spec says that it differs. */
const isWriting = process.env['VARVE_ISOLATION_DIFFERENCES'] === 'write';

type Answers = ReadonlyMap<string, string[]>;

const PATIENCE_MS = 8;
/** A busy machine makes a slow statement look like one that waits: differences are seen twice. */
const LONG_PATIENCE_MS = 300;

describe('isolation', () => {
  for (const name of names) {
    const spec = parseSpec(readFileSync(new URL(`${name}.spec`, folder), 'utf8'));
    const expectedUrl = new URL(`expected/${name}.out`, folder);
    if (recordFrom !== undefined) {
      it(`records ${name}`, () => recordSpec(recordFrom, spec, expectedUrl.pathname), 600_000);
      continue;
    }
    const differentUrl = new URL(`expected/${name}.varve.out`, folder);
    it.concurrent(name, () => checkSpec(spec, readExpected(expectedUrl), differentUrl), 120_000);
  }
});

async function checkSpec(spec: Spec, expected: Answers, differentUrl: URL): Promise<void> {
  expect([...expected.keys()]).toEqual(spec.permutations.map(({ key }) => key));
  const server = await varveServer(PATIENCE_MS);
  const different = readExpected(differentUrl);
  const known: string[] = [];
  const wrong: string[] = [];
  try {
    for (const permutation of spec.permutations) {
      const { key } = permutation;
      const isKnown = spec.differs.has(key);
      if (isKnown && isWriting) {
        known.push([key, ...(await runPermutation(server, spec, permutation))].join('\n  '));
        continue;
      }
      const wanted = (isKnown ? different : expected).get(key) ?? [];
      const got = await checkPermutation(server, spec, permutation, wanted);
      if (got !== undefined) wrong.push([key, ...sideBySide(wanted, got)].join('\n'));
    }
  } finally {
    await server.close();
  }
  if (known.length > 0) writeFileSync(differentUrl, `${known.join('\n')}\n`);
  expect(wrong.join('\n')).toBe('');
}

/** What Varve gave, where it is not acceptable. */
async function checkPermutation(
  server: VarveServer,
  spec: Spec,
  permutation: Permutation,
  wanted: readonly string[],
): Promise<readonly string[] | undefined> {
  const isSame = (got: readonly string[]): boolean =>
    got.join('\n') === wanted.join('\n') ||
    (permutation.level === 'serializable' && isSafelySerialized(wanted, got));
  server.patienceMs = PATIENCE_MS;
  if (isSame(await runPermutation(server, spec, permutation))) return undefined;
  server.patienceMs = LONG_PATIENCE_MS;
  const again = await runPermutation(server, spec, permutation);
  return isSame(again) ? undefined : again;
}

/**
 * SERIALIZABLE validates by table when a transaction commits: Varve may refuse where PostgreSQL does not
 * and later than it does, but where PostgreSQL refuses, so must Varve.
 */
function isSafelySerialized(wanted: readonly string[], got: readonly string[]): boolean {
  const first = got.findIndex((line) => line.endsWith('ERROR 40001'));
  if (first < 0) return false;
  const refused = wanted.findIndex((line) => line.endsWith('ERROR 40001'));
  const same = refused < 0 ? first : Math.min(first, refused);
  return got.slice(0, same).join('\n') === wanted.slice(0, same).join('\n');
}

function sideBySide(wanted: readonly string[], got: readonly string[]): string[] {
  const lines: string[] = [];
  for (let i = 0; i < Math.max(wanted.length, got.length); i++) {
    if (wanted[i] === got[i]) lines.push(`    ${wanted[i]}`);
    else lines.push(`  - ${wanted[i] ?? ''}`, `  + ${got[i] ?? ''}`);
  }
  return lines;
}

function readExpected(url: URL): Answers {
  const blocks = new Map<string, string[]>();
  const text = existsSync(url) ? readFileSync(url, 'utf8') : '';
  let lines: string[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('  ')) lines.push(line.slice(2));
    else if (line !== '') blocks.set(line, (lines = []));
  }
  return blocks;
}
