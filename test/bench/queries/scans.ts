/** Questions over all rows: a few that sums kept aside can answer, and more that only the values can. */
import type { Random } from '../data/random.ts';
import { bucket } from './dialect.ts';
import type { Instance, QueryType } from './query.ts';

export function scanQueries(table: string): QueryType[] {
  return [
    fixed('scan-count-min-max-sum-avg-stddev', 'nnnnnn', (dialect) => {
      if (dialect === 'influx') {
        return `SELECT count(usage_user), min(usage_user), max(usage_user), sum(usage_user), mean(usage_user), stddev(usage_user) FROM ${table}`;
      }
      const deviation = dialect === 'clickhouse' ? 'stddevSamp' : 'stddev';
      return `SELECT count(*), min(usage_user), max(usage_user), sum(usage_user), avg(usage_user), ${deviation}(usage_user) FROM ${table}`;
    }),
    fixed('scan-avg-of-sum', 'n', (dialect) =>
      dialect === 'influx'
        ? `SELECT mean(x) FROM (SELECT usage_user + usage_system AS x FROM ${table})`
        : `SELECT avg(usage_user + usage_system) FROM ${table}`,
    ),
    drawn('scan-sum-of-product-by-region', 'sn', (random) => {
      const above = 40 + random.below(20);
      return (dialect) =>
        isOther(dialect)
          ? undefined
          : `SELECT region, sum(usage_user * usage_system) FROM ${table} WHERE usage_idle > ${above} GROUP BY region ORDER BY region`;
    }),
    fixed('scan-by-region-and-hour', 'stnnn', (dialect) =>
      isOther(dialect)
        ? undefined
        : `SELECT region, ${bucket(dialect, 3600)} AS hour, count(*), avg(usage_user), max(usage_system) FROM ${table} GROUP BY region, hour ORDER BY region, hour`,
    ),
    fixed('scan-percentile-by-region', 'sn', (dialect) => {
      if (isOther(dialect)) return undefined;
      return `SELECT region, ${percentile(dialect)} FROM ${table} GROUP BY region ORDER BY region`;
    }),
    drawn('scan-count-distinct', 'nn', (random) => {
      const above = 40 + random.below(20);
      return (dialect) =>
        isOther(dialect)
          ? undefined
          : `SELECT count(DISTINCT hostname), count(DISTINCT usage_user) FROM ${table} WHERE usage_system > ${above}`;
    }),
    drawn('scan-case-by-team', 'snn', (random) => {
      const limit = 20 + random.below(60);
      return (dialect) =>
        isOther(dialect)
          ? undefined
          : `SELECT team, sum(CASE WHEN usage_user > ${limit} THEN usage_system ELSE usage_idle END), count(*) FROM ${table} WHERE usage_nice + usage_iowait > usage_irq GROUP BY team ORDER BY team`;
    }),
  ];
}

function percentile(dialect: string): string {
  switch (dialect) {
    case 'clickhouse':
      return 'quantileExactInclusive(0.95)(usage_user)';
    case 'duckdb':
      return 'quantile_cont(usage_user, 0.95)';
    default:
      return 'percentile_cont(0.95) WITHIN GROUP (ORDER BY usage_user)';
  }
}

function isOther(dialect: string): boolean {
  return dialect === 'influx' || dialect === 'victoria';
}

function fixed(name: string, kinds: string, text: Instance): QueryType {
  return { ...drawn(name, kinds, () => text), isFixed: true };
}

function drawn(name: string, kinds: string, instance: (random: Random) => Instance): QueryType {
  const withoutVictoria = (random: Random): Instance => {
    const text = instance(random);
    return (dialect) => (dialect === 'victoria' ? undefined : text(dialect));
  };
  return { name, kinds, columns: [], instance: withoutVictoria };
}
