/** Golden files: what Varve answers, above all where PostgreSQL cannot be asked. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { memoryEngine } from '../support/memory-engine.ts';
import { formatSlt, parseSlt, runSlt } from '../support/slt-file.ts';

const WRITE = process.env.VARVE_GOLDEN === 'write';
const FILES = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.slt'))
  .toSorted();

describe('golden files', () => {
  test.each(FILES)('%s', async (name) => {
    const path = join(import.meta.dirname, name);
    const blocks = parseSlt(readFileSync(path, 'utf8'));
    const engine = await memoryEngine();
    const results = await runSlt(blocks, engine);
    await engine.close();
    if (WRITE) writeFileSync(path, formatSlt(results));
    else expect(formatSlt(results)).toBe(formatSlt(blocks));
  });
});
