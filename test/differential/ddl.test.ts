/** DDL, roles and privileges against PostgreSQL, statement by statement. */
import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { compareStatements, printReport, splitStatements } from '../support/differential.ts';
import { memoryEngine } from '../support/memory-engine.ts';
import { PgliteOracle } from '../support/pglite-oracle.ts';

const FOLDER = new URL('./statements/', import.meta.url);

describe('DDL behaves as in PostgreSQL', () => {
  for (const file of readdirSync(FOLDER).filter((name) => /^ddl.*\.sql$/.test(name))) {
    test(file, { timeout: 120_000 }, async () => {
      const oracle = await PgliteOracle.open();
      const engine = await memoryEngine();
      const statements = splitStatements(readFileSync(new URL(file, FOLDER), 'utf8'));
      const report = await compareStatements(statements, oracle, engine);
      await engine.close();
      await oracle.close();
      expect(report.wrong, printReport(report)).toEqual([]);
    });
  }
});
