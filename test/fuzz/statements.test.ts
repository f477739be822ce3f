/**
 * Random statements end with a result or an error of the user's, soon, and the process lives on.
 * FUZZ=n runs n of each kind; FUZZ_TRACE names a file that always has the statement at hand, for the
 * runs that end with the process.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SeededRandom } from '../differential/seeded-random.ts';
import { splitStatements } from '../support/differential.ts';
import { type Finding, FuzzTarget, printFindings } from './fuzz-target.ts';
import { mutated } from './mutations.ts';
import { nestedStatements } from './nesting.ts';
import { RandomCalls } from './random-calls.ts';
import { RandomLiterals } from './random-literals.ts';
import { printedSeed } from '../support/seed.ts';

const COUNT = Number(process.env.FUZZ ?? 1500);
const TIMEOUT = 60_000 + COUNT * 30;
const STATEMENTS = join(import.meta.dirname, '..', 'differential', 'statements');

let target: FuzzTarget;
beforeAll(async () => {
  target = await FuzzTarget.open();
});
afterAll(() => target.close());

async function runAll(
  next: () => string | undefined,
  count: number,
  wrapped: boolean,
): Promise<string> {
  const findings: Finding[] = [];
  for (let i = 0; i < count; i++) {
    const sql = next();
    const finding = sql === undefined ? undefined : await target.run(sql, wrapped);
    if (finding !== undefined) findings.push(finding);
  }
  return printFindings(findings);
}

describe('random statements', () => {
  test('calls of functions and operators', { timeout: TIMEOUT }, async () => {
    const seed = printedSeed('call fuzz');
    const random = new SeededRandom(seed);
    const calls = new RandomCalls(random, new RandomLiterals(random));
    expect(await runAll(() => calls.next(), COUNT, false), `seed ${seed}`).toBe('');
  });

  test('statements with tokens changed', { timeout: TIMEOUT }, async () => {
    const seed = printedSeed('mutation fuzz');
    const random = new SeededRandom(seed);
    const corpus = readdirSync(STATEMENTS)
      .filter((name) => name.endsWith('.sql'))
      .flatMap((name) => splitStatements(`${readFileSync(join(STATEMENTS, name), 'utf8')}\n`));
    const next = (): string | undefined => mutated(random, random.pick(corpus), corpus);
    expect(await runAll(next, COUNT, true), `seed ${seed}`).toBe('');
  });

  // Width and depth differ: what is fine at 300 may end the stack at 3000.
  test.each([30, 300])('%i levels or terms', { timeout: TIMEOUT }, async (depth) => {
    const statements = nestedStatements(depth).map(([, sql]) => sql);
    let at = 0;
    expect(await runAll(() => statements[at++], statements.length, false)).toBe('');
  });
});
