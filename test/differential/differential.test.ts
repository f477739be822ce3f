/**
 * The same statements to PostgreSQL (PGlite) and to Varve: rows, types, names, tags and SQLSTATEs must
 * be equal. What Varve does not have yet is listed in expected-unsupported.txt, which may only shrink.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engine } from '../../src/engine/session.ts';
import { compareStatements, printReport, splitStatements } from '../support/differential.ts';
import { memoryEngine } from '../support/memory-engine.ts';
import { PgliteOracle } from '../support/pglite-oracle.ts';

const DIRECTORY = import.meta.dirname;
const STATEMENTS = join(DIRECTORY, 'statements');

let oracle: PgliteOracle;

beforeAll(async () => {
  oracle = await PgliteOracle.open();
}, 60_000);

afterAll(async () => {
  await oracle.close();
});

/** `SQLSTATE statement` lines, the statement with its white space folded. */
function expectedUnsupported(): Map<string, string> {
  const text = readFileSync(join(DIRECTORY, 'expected-unsupported.txt'), 'utf8');
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(6), line.slice(0, 5)]));
}

const folded = (statement: string): string => statement.replace(/\s+/g, ' ');

describe('statements that PostgreSQL and Varve answer alike', () => {
  const files = readdirSync(STATEMENTS).filter((name) => name.endsWith('.sql'));
  test.each(files)(
    '%s',
    async (name) => {
      await oracle.reset();
      const engine: Engine = await memoryEngine();
      const statements = splitStatements(`${readFileSync(join(STATEMENTS, name), 'utf8')}\n`);
      const report = await compareStatements(statements, oracle, engine);
      await engine.close();

      const expected = expectedUnsupported();
      const here = new Set(statements.map(folded));
      const unlisted = [...report.wrong, ...report.unsupported].filter(
        (item) => item.actual !== `ERROR ${expected.get(folded(item.statement))}`,
      );
      const different = new Set(
        [...report.wrong, ...report.unsupported].map((item) => folded(item.statement)),
      );
      const nowRight = [...expected.keys()].filter(
        (statement) => here.has(statement) && !different.has(statement),
      );
      expect(printReport({ compared: report.compared, wrong: unlisted, unsupported: [] })).toBe(
        printReport({ compared: report.compared, wrong: [], unsupported: [] }),
      );
      expect(nowRight, 'take these out of expected-unsupported.txt').toEqual([]);
    },
    60_000,
  );
});

test('expected-unsupported.txt names only statements of these files', () => {
  const all = new Set(
    readdirSync(STATEMENTS).flatMap((name) =>
      splitStatements(`${readFileSync(join(STATEMENTS, name), 'utf8')}\n`).map(folded),
    ),
  );
  expect([...expectedUnsupported().keys()].filter((statement) => !all.has(statement))).toEqual([]);
});
