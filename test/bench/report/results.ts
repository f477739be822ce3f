/** Results as JSON in the scratch directory: a run of some suites keeps those of the others. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Options } from '../options.ts';
import type { SuiteResult } from '../suites/suites.ts';

export interface Results {
  readonly machine: string;
  readonly seed: number;
  readonly suites: Readonly<Record<string, SuiteResult>>;
}

/** Quick results are kept apart, so that they never stand in a page beside full ones. */
function resultsFile({ scratch, quick }: Options): string {
  return join(scratch, quick ? 'results-quick.json' : 'results.json');
}

export function readResults(options: Options): Results {
  const file = resultsFile(options);
  const old = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Results) : undefined;
  const machine = `${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
  return { machine, seed: options.seed, suites: old?.suites ?? {} };
}

export function keepResult(options: Options, result: SuiteResult): void {
  const results = readResults(options);
  const suites = { ...results.suites, [result.suite]: result };
  writeFileSync(resultsFile(options), JSON.stringify({ ...results, suites }, null, 1));
}
