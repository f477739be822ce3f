/** All systems, in the order of the columns. */
import { clickhouse, duckdb } from './library-system.ts';
import { postgres } from './postgres.ts';
import type { SystemStarter } from './system.ts';
import { varve } from './varve.ts';

const ALL: readonly SystemStarter[] = [varve, postgres, duckdb, clickhouse];

export function startersOf(dialects: readonly string[]): SystemStarter[] {
  return ALL.filter(({ dialect }) => dialects.includes(dialect));
}
