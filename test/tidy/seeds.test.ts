/** Random tests take their seeds from test/support/seed.ts, so that all obey one SEED and none the clock. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const TESTS = join(import.meta.dirname, '..');
const OTHER_SOURCES = /Math\.random\(|Date\.now\(\) *%|env(\.|\[')(VARVE_)?SEED|from 'fast-check'/;

it('no test chooses a seed by itself', () => {
  const found = readdirSync(TESTS, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.startsWith('support'))
    .filter((path) => !path.startsWith('tidy'))
    .filter((path) => OTHER_SOURCES.test(readFileSync(join(TESTS, path), 'utf8')));
  expect(found).toEqual([]);
});
