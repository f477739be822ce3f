/** All systems, in the order of the columns. */
import { questdb, timescale } from './by-url.ts';
import { clickhouse, duckdb } from './library-system.ts';
import { influx } from './influx.ts';
import { postgres } from './postgres.ts';
import type { SystemStarter } from './system.ts';
import { victoria } from './victoria.ts';
import { varve } from './varve.ts';

const ALL: readonly SystemStarter[] = [
  varve,
  postgres,
  duckdb,
  clickhouse,
  influx,
  victoria,
  timescale,
  questdb,
];

export function startersOf(dialects: readonly string[]): SystemStarter[] {
  return ALL.filter(({ dialect }) => dialects.includes(dialect));
}
