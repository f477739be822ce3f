/**
 * The bench: makes the data, runs each suite on each system and writes the pages. Run it with nothing
 * beside it: `npm run bench`; docs/bench.md tells the arguments.
 */
import { mkdirSync } from 'node:fs';
import { readOptions } from './options.ts';
import { writePages } from './report/pages.ts';
import { keepResult, readResults } from './report/results.ts';
import { shortError } from './suites/measure.ts';
import { runSuite } from './suites/suites.ts';

const options = readOptions(process.argv.slice(2));
mkdirSync(options.scratch, { recursive: true });
console.log(`seed ${options.seed}, scratch directory ${options.scratch}`);
const start = performance.now();
for (const name of options.only) {
  const began = performance.now();
  try {
    keepResult(options, await runSuite(name, options));
  } catch (error) {
    console.log(`${name} failed: ${shortError(error)}`);
    process.exitCode = 1;
  }
  console.log(`${name} took ${Math.round((performance.now() - began) / 1000)} s`);
}
writePages(options, readResults(options));
console.log(`all took ${Math.round((performance.now() - start) / 1000)} s`);
