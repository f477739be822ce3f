/** The bench's arguments; `--quick` only changes what is not given. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

export const SUITES = [
  'cpu',
  'devops',
  'iot',
  'clickbench',
  'ingest',
  'storage',
  'series',
  'cardinality',
  'latency',
  'targets',
] as const;
export type SuiteName = (typeof SUITES)[number];

export const SYSTEMS = [
  'varve',
  'postgres',
  'duckdb',
  'clickhouse',
  'influx',
  'victoria',
  'timescale',
  'questdb',
] as const;

export interface Options {
  readonly quick: boolean;
  readonly only: readonly SuiteName[];
  readonly systems: readonly string[];
  readonly seed: number;
  readonly scale: number;
  readonly hours: number;
  readonly interval: number;
  readonly devopsScale: number;
  readonly devopsHours: number;
  readonly trucks: number;
  readonly iotHours: number;
  readonly hits: number;
  readonly series: number;
  readonly ingestRows: number;
  readonly workers: number;
  /** After which the loads of `series` that send batches end with what they have. */
  readonly loadSeconds: number;
  /** Instances of a query that are timed, unless the seconds for them end first. */
  readonly instances: number;
  readonly seconds: number;
  readonly resultFormat: 'text' | 'binary';
  readonly scratch: string;
  readonly writeDocs: boolean;
}

const DEFAULTS = {
  scale: 4000,
  hours: 12,
  'devops-scale': 100,
  'devops-hours': 6,
  trucks: 200,
  'iot-hours': 30,
  hits: 1_000_000,
  series: 1_000_000,
  'ingest-rows': 2_000_000,
  'load-seconds': 120,
  instances: 40,
  seconds: 2,
} as const;

const QUICK: Readonly<Record<keyof typeof DEFAULTS, number>> = {
  scale: 400,
  hours: 4,
  'devops-scale': 20,
  'devops-hours': 2,
  trucks: 20,
  'iot-hours': 26,
  hits: 50_000,
  series: 50_000,
  'ingest-rows': 200_000,
  'load-seconds': 20,
  instances: 6,
  seconds: 0.4,
};

export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', default: SUITES.join(',') },
      systems: { type: 'string', default: SYSTEMS.join(',') },
      seed: { type: 'string', default: '123' },
      interval: { type: 'string', default: '10' },
      workers: { type: 'string', default: '2' },
      results: { type: 'string', default: 'binary' },
      scratch: { type: 'string', default: join(tmpdir(), 'varve-bench') },
      docs: { type: 'boolean' },
      ...Object.fromEntries(Object.keys(DEFAULTS).map((name) => [name, { type: 'string' }])),
    },
  });
  const sizes = values.quick === true ? QUICK : DEFAULTS;
  const number = (name: keyof typeof DEFAULTS): number =>
    Number((values as Record<string, unknown>)[name] ?? sizes[name]);
  return {
    quick: values.quick === true,
    only: listOf(String(values.only), SUITES),
    systems: listOf(String(values.systems), SYSTEMS),
    seed: Number(values.seed),
    interval: Number(values.interval),
    workers: Number(values.workers),
    resultFormat: values.results === 'text' ? 'text' : 'binary',
    scratch: String(values.scratch),
    // Quick figures are for development and not worth keeping.
    writeDocs: values.docs === undefined ? values.quick !== true : values.docs === true,
    scale: number('scale'),
    hours: number('hours'),
    devopsScale: number('devops-scale'),
    devopsHours: number('devops-hours'),
    trucks: number('trucks'),
    iotHours: number('iot-hours'),
    hits: number('hits'),
    series: number('series'),
    ingestRows: number('ingest-rows'),
    loadSeconds: number('load-seconds'),
    instances: number('instances'),
    seconds: number('seconds'),
  };
}

function listOf<T extends string>(text: string, known: readonly T[]): T[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !(known as readonly string[]).includes(name));
  if (unknown.length > 0)
    throw new Error(`unknown: ${unknown.join(', ')}; there are ${known.join(', ')}`);
  return known.filter((name) => names.includes(name));
}
