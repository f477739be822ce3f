/**
 * Mixed ingest, queries, deletes, updates and late data against a real server, with rude clients, kills
 * and restarts: it ends with answers equal to a naive model's, no growth in memory and no error.
 * `npm run soak` takes an hour, `MINUTES=2 npm run soak` tries it.
 */
import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, it } from 'vitest';
import { MINUTES, SEED } from './settings.ts';
import { SoakRun } from './soak-run.ts';

it(
  `runs for ${MINUTES} minutes (SEED=${SEED})`,
  { timeout: MINUTES * 90_000 + 300_000 },
  async () => {
    const root = mkdtempSync(join(tmpdir(), 'varve-soak-'));
    console.log(`SEED=${SEED}, MINUTES=${MINUTES}`);
    const run = new SoakRun(join(root, 'data'));
    const table = await run.run();
    console.log(table);
    if (run.failures.length === 0) rmSync(root, { recursive: true, force: true });
    else {
      const kept = join(process.env['VARVE_TMPDIR'] ?? tmpdir(), basename(root));
      renameSync(root, kept);
      console.log(`the data directory is kept: ${kept}`);
    }
    expect(run.failures).toEqual([]);
  },
);
