/**
 * The TSBS cpu-only data set: hosts with fixed tags, ten metrics that walk randomly between 0 and 100,
 * one row per host every ten seconds. Distributions follow TSBS; the random numbers are our own and
 * come from the seed, so every run and every system gets the same rows.
 */

import { randomSource } from '../../support/random-source.ts';

export interface TsbsOptions {
  readonly hosts: number;
  readonly epochs: number;
  readonly seed: number;
}

export const METRICS = [
  'usage_user',
  'usage_system',
  'usage_idle',
  'usage_nice',
  'usage_iowait',
  'usage_irq',
  'usage_softirq',
  'usage_steal',
  'usage_guest',
  'usage_guest_nice',
] as const;

export const TAGS = [
  'hostname',
  'region',
  'datacenter',
  'rack',
  'os',
  'arch',
  'team',
  'service',
] as const;

export const START_MS = Date.UTC(2016, 0, 1);
export const INTERVAL_MS = 10_000;

const DATACENTERS = new Map<string, readonly string[]>([
  ['us-east-1', ['a', 'b', 'c', 'e']],
  ['us-west-1', ['a', 'b']],
  ['us-west-2', ['a', 'b', 'c']],
  ['eu-west-1', ['a', 'b', 'c']],
  ['eu-central-1', ['a', 'b']],
  ['ap-southeast-1', ['a', 'b']],
  ['ap-southeast-2', ['a', 'b']],
  ['ap-northeast-1', ['a', 'c']],
  ['sa-east-1', ['a', 'b', 'c']],
]);

/** `CREATE TABLE` of the flat form: time, eight tags, ten metrics. */
export function tableSql(table: string): string {
  const tags = TAGS.map((tag) => `${tag} text`).join(', ');
  const metrics = METRICS.map((metric) => `${metric} double precision`).join(', ');
  return `CREATE TABLE ${table} (time timestamptz NOT NULL, ${tags}, ${metrics})`;
}

/** COPY text of the data set in pieces of at least `pieceBytes`, whole rows each. */
export function* copyText(options: TsbsOptions, pieceBytes = 1 << 20): Generator<Buffer> {
  const random = randomSource(options.seed);
  const normal = (): number => {
    const u = 1 - random();
    return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * random());
  };
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const tags = Array.from({ length: options.hosts }, (_, i) => {
    const region = pick([...DATACENTERS.keys()]);
    return [
      `host_${i}`,
      region,
      region + pick(DATACENTERS.get(region) as readonly string[]),
      String(Math.floor(random() * 100)),
      pick(['Ubuntu16.10', 'Ubuntu16.04LTS', 'Ubuntu15.10']),
      pick(['x64', 'x86']),
      pick(['SF', 'NYC', 'LON', 'CHI']),
      String(Math.floor(random() * 20)),
    ].join('\t');
  });
  const width = METRICS.length;
  const state = Float64Array.from({ length: options.hosts * width }, () => random() * 100);
  let lines: string[] = [];
  let bytes = 0;
  for (let epoch = 0; epoch < options.epochs; epoch++) {
    const time = new Date(START_MS + epoch * INTERVAL_MS)
      .toISOString()
      .replace('T', ' ')
      .replace('.000Z', '+00');
    for (let host = 0; host < options.hosts; host++) {
      let line = `${time}\t${tags[host]}`;
      for (let m = 0; m < width; m++) line += `\t${Math.trunc(state[host * width + m] as number)}`;
      lines.push(line);
      bytes += line.length + 1;
    }
    for (let i = 0; i < state.length; i++) {
      state[i] = Math.min(100, Math.max(0, (state[i] as number) + normal()));
    }
    if (bytes >= pieceBytes) {
      yield Buffer.from(`${lines.join('\n')}\n`);
      lines = [];
      bytes = 0;
    }
  }
  if (lines.length > 0) yield Buffer.from(`${lines.join('\n')}\n`);
}
