/** Loads one data set into fresh instances of every system, in one form or in all it takes. */
import type { Dataset } from '../data/dataset.ts';
import { dataFiles, type Form } from '../encode/files.ts';
import type { Options } from '../options.ts';
import type { SystemStarter } from '../systems/system.ts';
import { measureLoad, shortError, type LoadResult } from './measure.ts';
import { describeLoad } from './describe.ts';

export interface SystemLoads {
  readonly dialect: string;
  readonly title: string;
  readonly version?: string;
  readonly missing?: string;
  readonly loads: readonly LoadResult[];
}

export interface LoadSuiteResult {
  readonly suite: 'ingest' | 'storage' | 'series' | 'cardinality';
  readonly data: string;
  readonly systems: readonly SystemLoads[];
}

export async function runLoads(
  suite: LoadSuiteResult['suite'],
  datasetOf: (form: Form) => Dataset,
  which: 'all' | 'usual',
  starters: readonly SystemStarter[],
  options: Options,
): Promise<LoadSuiteResult> {
  const systems: SystemLoads[] = [];
  for (const starter of starters) {
    console.log(`\n${suite}: ${starter.title}`);
    systems.push(await loadInto(suite, starter, datasetOf, which, options));
  }
  return { suite, data: datasetOf('text').key, systems };
}

async function loadInto(
  suite: LoadSuiteResult['suite'],
  starter: SystemStarter,
  datasetOf: (form: Form) => Dataset,
  which: 'all' | 'usual',
  options: Options,
): Promise<SystemLoads> {
  const { dialect, title } = starter;
  const loads: LoadResult[] = [];
  let forms: readonly Form[] | undefined;
  let version: string | undefined;
  for (let i = 0; forms === undefined || i < forms.length; i++) {
    // A fresh server each time: what one load leaves behind must not help or hinder the next.
    const system = await starter.start(options);
    if (typeof system === 'string') {
      console.log(`  left out: ${system}`);
      return { dialect, title, missing: system, loads };
    }
    forms ??= which === 'all' ? system.forms : system.forms.slice(0, 1);
    version = system.version;
    try {
      const files = dataFiles(datasetOf(forms[i]), [forms[i]], options.scratch).get(forms[i]) ?? [];
      const limit = suite === 'series' ? options.loadSeconds : undefined;
      const load = await measureLoad(system, files, options.workers, limit);
      loads.push(load);
      console.log(describeLoad(load));
    } catch (error) {
      console.log(`  failed: ${shortError(error)}`);
      return { dialect, title, version, missing: shortError(error), loads };
    } finally {
      await system.stop();
    }
  }
  return { dialect, title, ...(version === undefined ? {} : { version }), loads };
}
