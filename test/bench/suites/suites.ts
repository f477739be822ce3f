/** What each suite measures, by name. */
import { cpuOnly } from '../data/cpu-only.ts';
import { devops } from '../data/devops.ts';
import { hits } from '../data/hits.ts';
import { iot } from '../data/iot.ts';
import type { Options, SuiteName } from '../options.ts';
import { clickBenchQueries } from '../queries/clickbench.ts';
import { scanQueries } from '../queries/scans.ts';
import { cpuQueries } from '../queries/tsbs-cpu.ts';
import { iotQueries } from '../queries/tsbs-iot.ts';
import { startersOf } from '../systems/registry.ts';
import { runLatency, type LatencyResult } from './latency.ts';
import { runLoads, type LoadSuiteResult } from './load-suite.ts';
import { runQuerySuite, type QuerySuiteResult } from './query-suite.ts';
import { runTargets, type TargetsResult } from './targets.ts';

export type SuiteResult = QuerySuiteResult | LoadSuiteResult | LatencyResult | TargetsResult;

export function runSuite(name: SuiteName, options: Options): Promise<SuiteResult> {
  const starters = startersOf(options.systems);
  const { seed, interval } = options;
  switch (name) {
    case 'cpu':
      return runQuerySuite(
        {
          name,
          dataset: cpuDataset(options),
          queries: [...cpuQueries({ table: 'cpu', ...options }), ...scanQueries('cpu')],
          starters,
        },
        options,
      );
    case 'devops': {
      const { devopsScale: scale, devopsHours: hours } = options;
      return runQuerySuite(
        {
          name,
          dataset: devops({
            scale,
            epochs: epochs(hours, interval),
            intervalSeconds: interval,
            seed,
          }),
          queries: cpuQueries({ table: 'cpu', scale, hours }),
          starters,
        },
        options,
      );
    }
    case 'iot': {
      const { trucks, iotHours: hours } = options;
      return runQuerySuite(
        {
          name,
          dataset: iot({
            trucks,
            epochs: epochs(hours, interval),
            intervalSeconds: interval,
            seed,
          }),
          queries: iotQueries({ trucks, hours }),
          starters: starters.filter(
            ({ dialect }) => dialect !== 'influx' && dialect !== 'victoria',
          ),
        },
        options,
      );
    }
    case 'clickbench':
      return runQuerySuite(
        {
          name,
          dataset: hits(options.hits, seed),
          queries: clickBenchQueries(),
          starters: starters.filter(
            ({ dialect }) => dialect !== 'influx' && dialect !== 'victoria',
          ),
        },
        { ...options, instances: Math.min(options.instances, 5) },
      );
    case 'ingest':
      return runLoads(
        name,
        (form) => ingestDataset(options, 0, form === 'insert' ? INSERT_SHARE : 1),
        'all',
        starters,
        options,
      );
    case 'storage':
      return runLoads(name, () => ingestDataset(options, 2), 'usual', starters, options);
    case 'series': {
      const each = { scale: options.series, epochs: 1, intervalSeconds: interval, seed };
      return runLoads(name, () => cpuOnly(each), 'usual', starters, options);
    }
    case 'cardinality': {
      const { series: scale } = options;
      const each = { scale, epochs: ROWS_PER_SERIES, intervalSeconds: interval, seed };
      // The others take minutes for the first row of each host, which `series` tells.
      const few = starters.filter(({ dialect }) => dialect !== 'influx' && dialect !== 'victoria');
      return runLoads(name, () => cpuOnly(each), 'usual', few, options);
    }
    case 'latency':
      return runLatency(ingestDataset(options, 0), starters, options);
    case 'targets':
      return runTargets(cpuDataset(options), options);
  }
}

/** Of each of very many hosts. */
const ROWS_PER_SERIES = 4;

function epochs(hours: number, interval: number): number {
  return Math.floor((hours * 3600) / interval);
}

function cpuDataset({ scale, hours, interval, seed }: Options): ReturnType<typeof cpuOnly> {
  return cpuOnly({ scale, epochs: epochs(hours, interval), intervalSeconds: interval, seed });
}

/** INSERT takes longer than COPY, and half as many rows tell as much. */
const INSERT_SHARE = 0.5;

/** The same walks as integers, as TSBS has them, or with two decimals. */
function ingestDataset(options: Options, decimals: number, share = 1): ReturnType<typeof cpuOnly> {
  const { scale, interval, seed } = options;
  const rows = Math.ceil(options.ingestRows * share);
  return cpuOnly({
    scale,
    epochs: Math.ceil(rows / scale),
    intervalSeconds: interval,
    seed,
    rowsMax: rows,
    decimals,
  });
}
