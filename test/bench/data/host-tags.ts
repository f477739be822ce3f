/** The ten tags of a TSBS host, drawn once for each. */
import type { Column, Dictionary } from './dataset.ts';
import type { Random } from './random.ts';

const DATACENTERS: readonly (readonly [region: string, suffixes: string])[] = [
  ['us-east-1', 'abce'],
  ['us-west-1', 'ab'],
  ['us-west-2', 'abc'],
  ['eu-west-1', 'abc'],
  ['eu-central-1', 'ab'],
  ['ap-southeast-1', 'ab'],
  ['ap-southeast-2', 'ab'],
  ['ap-northeast-1', 'ac'],
  ['sa-east-1', 'abc'],
];

const numbers = (count: number): string[] => Array.from({ length: count }, (_, i) => String(i));

const CHOICES = {
  rack: numbers(100),
  os: ['Ubuntu16.10', 'Ubuntu16.04LTS', 'Ubuntu15.10'],
  arch: ['x64', 'x86'],
  team: ['SF', 'NYC', 'LON', 'CHI'],
  service: numbers(20),
  service_version: numbers(2),
  service_environment: ['production', 'staging', 'test'],
} as const;

export const HOST_TAG_COLUMNS: readonly Column[] = [
  'hostname',
  'region',
  'datacenter',
  ...Object.keys(CHOICES),
].map((name) => ({ name, kind: 'text', tag: true }));

export interface TagColumn {
  readonly codes: Int32Array;
  readonly dictionary: Dictionary;
}

/** One column of codes for each tag, one code for each host. */
export function hostTags(hosts: number, random: Random): TagColumn[] {
  const regions = DATACENTERS.map(([region]) => region);
  const centers = DATACENTERS.flatMap(([region, suffixes]) =>
    [...suffixes].map((suffix) => region + suffix),
  );
  const choices = Object.values(CHOICES);
  const words = [numbers(hosts).map((n) => `host_${n}`), regions, centers, ...choices];
  const columns = words.map((list) => ({
    codes: new Int32Array(hosts),
    dictionary: { words: list },
  }));
  for (let host = 0; host < hosts; host++) {
    const region = random.below(regions.length);
    const suffix = random.below(DATACENTERS[region][1].length);
    columns[0].codes[host] = host;
    columns[1].codes[host] = region;
    columns[2].codes[host] = firstCenter(region) + suffix;
    choices.forEach((list, i) => (columns[3 + i].codes[host] = random.below(list.length)));
  }
  return columns;
}

function firstCenter(region: number): number {
  return DATACENTERS.slice(0, region).reduce((sum, [, suffixes]) => sum + suffixes.length, 0);
}
