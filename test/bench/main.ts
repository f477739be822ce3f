/**
 * The bench: makes the data, runs each suite on each system and writes the pages. Run it with nothing
 * beside it: `npm run bench`; docs/bench.md tells the arguments.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cpuOnly } from './data/cpu-only.ts';
import { readOptions, type Options } from './options.ts';
import { scanQueries } from './queries/scans.ts';
import { cpuQueries } from './queries/tsbs-cpu.ts';
import { runQuerySuite } from './suites/query-suite.ts';
import { startersOf } from './systems/registry.ts';

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  mkdirSync(options.scratch, { recursive: true });
  console.log(`seed ${options.seed}, scratch ${options.scratch}`);
  const results: unknown[] = [];
  if (options.only.includes('cpu')) results.push(await cpuSuite(options));
  writeFileSync(join(options.scratch, 'results.json'), JSON.stringify(results, null, 1));
}

function cpuSuite(options: Options): Promise<unknown> {
  const { scale, hours, interval, seed } = options;
  const epochs = Math.floor((hours * 3600) / interval);
  return runQuerySuite(
    {
      name: 'cpu',
      dataset: cpuOnly({ scale, epochs, intervalSeconds: interval, seed }),
      queries: [...cpuQueries({ table: 'cpu', scale, hours }), ...scanQueries('cpu')],
      starters: startersOf(options.systems),
    },
    options,
  );
}

await main();
