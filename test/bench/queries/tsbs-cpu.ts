/** TSBS's queries on hosts, with the tags in the table itself, as its `use-tags=false` has them. */
import { CPU_METRICS } from '../data/cpu-only.ts';
import { START_MICROS } from '../data/dataset.ts';
import { HOST_TAG_COLUMNS } from '../data/host-tags.ts';
import type { Random } from '../data/random.ts';
import type { Dialect } from '../systems/system.ts';
import { bucket, inRange, timeLiteral } from './dialect.ts';
import type { QueryType } from './query.ts';

export interface CpuData {
  readonly table: string;
  readonly scale: number;
  readonly hours: number;
}

interface Window {
  readonly from: number;
  readonly to: number;
}

const TAGS = HOST_TAG_COLUMNS.map(({ name }) => name);

export function cpuQueries(data: CpuData): QueryType[] {
  const all = CPU_METRICS.length;
  return [
    ...(
      [
        [1, 1, 1],
        [1, 1, 12],
        [1, 8, 1],
        [5, 1, 1],
        [5, 1, 12],
        [5, 8, 1],
      ] as const
    ).map(([metrics, hosts, hours]) =>
      maxima(`single-groupby-${metrics}-${hosts}-${hours}`, data, {
        metrics,
        hosts,
        hours,
        every: 60,
      }),
    ),
    maxima('cpu-max-all-1', data, { metrics: all, hosts: 1, hours: 8, every: 3600 }),
    maxima('cpu-max-all-8', data, { metrics: all, hosts: 8, hours: 8, every: 3600 }),
    ...(data.hours >= 24
      ? [maxima('cpu-max-all-32-24', data, { metrics: all, hosts: 32, hours: 24, every: 3600 })]
      : []),
    doubleGroupBy('double-groupby-1', data, 1),
    doubleGroupBy('double-groupby-5', data, 5),
    doubleGroupBy('double-groupby-all', data, all),
    highCpu('high-cpu-1', data, 1),
    highCpu('high-cpu-all', data, undefined),
    groupByOrderByLimit(data),
    lastPoint(data),
  ];
}

/** A window of so many hours that starts anywhere, not on a full minute; the data ends a second later. */
function windowOf(random: Random, data: CpuData, hours: number): Window {
  const length = Math.min(hours, data.hours) * 3600e6;
  const slack = data.hours * 3600e6 + 1e6 - length;
  const from = START_MICROS + Math.floor(random.uniform() * slack);
  return { from, to: from + length };
}

function hostsOf(random: Random, scale: number, count: number): string[] {
  const chosen = new Set<number>();
  while (chosen.size < Math.min(count, scale)) chosen.add(random.below(scale));
  return [...chosen].map((host) => `host_${host}`);
}

function hostFilter(dialect: Dialect, hosts: readonly string[]): string {
  return dialect === 'influx'
    ? `(${hosts.map((host) => `hostname = '${host}'`).join(' or ')})`
    : `hostname IN (${hosts.map((host) => `'${host}'`).join(', ')})`;
}

/**
 * One value for each bucket, at its last second. A bucket that the window cuts is not cut here, so it
 * is left out of the comparison; the work is the same.
 */
function rangeQuery(query: string, from: number, to: number, step: number): string {
  const floor = (micros: number): number => Math.floor(micros / 1e6 / step) * step;
  const [start, end] = [floor(from) + step - 1, floor(to - 1) + step - 1];
  return `/api/v1/query_range?query=${encodeURIComponent(query)}&start=${start}&end=${end}&step=${step}`;
}

function names(data: CpuData, metrics: readonly string[]): string {
  return `${data.table}_(${metrics.join('|')})`;
}

interface MaximaShape {
  readonly metrics: number;
  readonly hosts: number;
  readonly hours: number;
  readonly every: 60 | 3600;
}

function maxima(name: string, data: CpuData, shape: MaximaShape): QueryType {
  const metrics = CPU_METRICS.slice(0, shape.metrics);
  const columns = ['time', ...metrics.map((metric) => `max_${metric}`)];
  const list = metrics.map((metric) => `max(${metric}) AS max_${metric}`).join(', ');
  const unit = shape.every === 60 ? 'minute' : 'hour';
  return {
    name,
    kinds: 't' + 'n'.repeat(metrics.length),
    columns,
    instance: (random) => {
      const { from, to } = windowOf(random, data, shape.hours);
      const hosts = hostsOf(random, data.scale, shape.hosts);
      return (dialect) => {
        if (dialect === 'victoria') {
          const filter = `{__name__=~"${names(data, metrics)}",hostname=~"${hosts.join('|')}"}`;
          const query = `max(max_over_time(${filter}[${shape.every}s])) by (__name__)`;
          return rangeQuery(query, from, to, shape.every);
        }
        const where = `${hostFilter(dialect, hosts)} AND ${inRange(dialect, from, to)}`;
        if (dialect === 'influx') {
          return `SELECT ${list} FROM ${data.table} WHERE ${where} GROUP BY time(${shape.every}s) fill(none)`;
        }
        return `SELECT ${bucket(dialect, shape.every)} AS ${unit}, ${list} FROM ${data.table} WHERE ${where} GROUP BY ${unit} ORDER BY ${unit}`;
      };
    },
  };
}

function doubleGroupBy(name: string, data: CpuData, count: number): QueryType {
  const metrics = CPU_METRICS.slice(0, count);
  const means = (mean: string): string =>
    metrics.map((metric) => `${mean}(${metric}) AS mean_${metric}`).join(', ');
  return {
    name,
    kinds: 'ts' + 'n'.repeat(count),
    columns: ['time', 'hostname', ...metrics.map((metric) => `mean_${metric}`)],
    instance: (random) => {
      const { from, to } = windowOf(random, data, 12);
      return (dialect) => {
        if (dialect === 'victoria') {
          const filter = `{__name__=~"${names(data, metrics)}"}`;
          const query = `avg(avg_over_time(${filter}[1h])) by (__name__, hostname)`;
          return rangeQuery(query, from, to, 3600);
        }
        const where = inRange(dialect, from, to);
        if (dialect === 'influx') {
          return `SELECT ${means('mean')} FROM ${data.table} WHERE ${where} GROUP BY time(1h), hostname fill(none)`;
        }
        return `SELECT ${bucket(dialect, 3600)} AS hour, hostname, ${means('avg')} FROM ${data.table} WHERE ${where} GROUP BY hour, hostname ORDER BY hour, hostname`;
      };
    },
  };
}

const WHOLE_ROW = {
  kinds: 't' + 's'.repeat(TAGS.length) + 'n'.repeat(CPU_METRICS.length),
  columns: ['time', ...TAGS, ...CPU_METRICS],
};

function highCpu(name: string, data: CpuData, hosts: number | undefined): QueryType {
  return {
    name,
    ...WHOLE_ROW,
    instance: (random) => {
      const { from, to } = windowOf(random, data, 12);
      const chosen = hosts === undefined ? [] : hostsOf(random, data.scale, hosts);
      return (dialect) => {
        if (dialect === 'victoria') return undefined;
        const also = chosen.length === 0 ? '' : ` AND ${hostFilter(dialect, chosen)}`;
        return `SELECT * FROM ${data.table} WHERE usage_user > 90.0 AND ${inRange(dialect, from, to)}${also}`;
      };
    },
  };
}

function groupByOrderByLimit(data: CpuData): QueryType {
  return {
    name: 'groupby-orderby-limit',
    kinds: 'tn',
    columns: ['time', 'max'],
    instance: (random) => {
      const { to } = windowOf(random, data, 1);
      return (dialect) => {
        if (dialect === 'victoria') {
          const query = `max(max_over_time(${data.table}_usage_user[1m]))`;
          return rangeQuery(query, Math.max(START_MICROS, to - 240e6), to, 60);
        }
        const where = `time < ${timeLiteral(dialect, to)}`;
        if (dialect === 'influx') {
          return `SELECT max(usage_user) AS max FROM ${data.table} WHERE ${where} GROUP BY time(1m) fill(none) ORDER BY time DESC LIMIT 5`;
        }
        return `SELECT ${bucket(dialect, 60)} AS minute, max(usage_user) FROM ${data.table} WHERE ${where} GROUP BY minute ORDER BY minute DESC LIMIT 5`;
      };
    },
  };
}

export function lastPoint(data: Pick<CpuData, 'table'>): QueryType {
  return {
    name: 'lastpoint',
    ...WHOLE_ROW,
    isFixed: true,
    instance: () => (dialect) => {
      const { table } = data;
      switch (dialect) {
        case 'victoria':
          return undefined;
        case 'influx':
          return `SELECT * FROM ${table} GROUP BY "hostname" ORDER BY time DESC LIMIT 1`;
        case 'clickhouse':
          return `SELECT * FROM ${table} WHERE (hostname, time) IN (SELECT hostname, max(time) FROM ${table} GROUP BY hostname) ORDER BY hostname`;
        case 'questdb':
          return `SELECT * FROM ${table} LATEST ON time PARTITION BY hostname`;
        default:
          return `SELECT DISTINCT ON (hostname) * FROM ${table} ORDER BY hostname, time DESC`;
      }
    },
  };
}
