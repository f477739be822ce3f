import { defineConfig } from 'vitest/config';
import { rounds } from './test/support/rounds.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    environment: 'node',
    testTimeout: rounds(60_000),
    hookTimeout: 120_000,
    maxWorkers: 2,
    pool: 'forks',
    // What was made of sources that are the same need not be made again.
    experimental: { fsModuleCache: true },
  },
});
