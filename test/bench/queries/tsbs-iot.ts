/** TSBS's queries on trucks, in its TimescaleDB form; what needs a LATERAL join there. */
import { START_MICROS } from '../data/dataset.ts';
import { FLEETS } from '../data/iot-trucks.ts';
import type { Random } from '../data/random.ts';
import type { Dialect } from '../systems/system.ts';
import { inRange, isSql } from './dialect.ts';
import { bucketOf, wholeSetQueries } from './iot-whole-set.ts';
import type { Instance, QueryType } from './query.ts';

export interface IotData {
  readonly trucks: number;
  readonly hours: number;
}

export function iotQueries(data: IotData): QueryType[] {
  return [
    type('last-loc', 'ssnn', (random) => {
      const fleet = random.pick(FLEETS);
      return (dialect) =>
        lastOf(
          dialect,
          'readings',
          ['longitude', 'latitude'],
          ['longitude', 'latitude'],
          fleetIs(fleet),
        );
    }),
    type('single-last-loc', 'ssnn', (random) => {
      const truck = `t.name IN ('truck_${random.below(data.trucks)}')`;
      return (dialect) =>
        lastOf(dialect, 'readings', ['longitude', 'latitude'], ['longitude', 'latitude'], truck);
    }),
    type('low-fuel', 'ssn', (random) => {
      const where = `r.fuel_state < 0.1 AND ${fleetIs(random.pick(FLEETS))}`;
      return (dialect) => lastOf(dialect, 'diagnostics', ['fuel_state'], ['fuel_state'], where);
    }),
    type('high-load', 'ssnn', (random) => {
      const where = `r.current_load / t.load_capacity > 0.9 AND ${fleetIs(random.pick(FLEETS))}`;
      return (dialect) =>
        lastOf(
          dialect,
          'diagnostics',
          ['current_load'],
          ['current_load', 't.load_capacity'],
          where,
        );
    }),
    type('stationary-trucks', 'ss', (random) => {
      const { from, to } = windowOf(random, data, 1 / 6);
      const fleet = random.pick(FLEETS);
      return (dialect) =>
        `SELECT t.name, t.driver FROM tags t JOIN readings r ON r.tags_id = t.id WHERE ${inRange(dialect, from, to)} AND t.name IS NOT NULL AND ${fleetIs(fleet)} GROUP BY t.name, t.driver HAVING avg(r.velocity) < 1`;
    }),
    sessions('long-driving-sessions', data, 4, 22),
    sessions('long-daily-sessions', data, 24, 60),
    ...wholeSetQueries(),
  ];
}

export function type(name: string, kinds: string, draw: (random: Random) => Instance): QueryType {
  return {
    name,
    kinds,
    columns: [],
    instance: (random) => {
      const instance = draw(random);
      // QuestDB and InfluxQL have no equal forms; TSBS's own ask other questions.
      return (dialect) => (isSql(dialect) && dialect !== 'questdb' ? instance(dialect) : undefined);
    },
  };
}

function fleetIs(fleet: string): string {
  return `t.fleet = '${fleet}'`;
}

function windowOf(random: Random, data: IotData, hours: number): { from: number; to: number } {
  const length = Math.min(hours, data.hours) * 3600e6;
  const from = START_MICROS + Math.floor(random.uniform() * (data.hours * 3600e6 + 1e6 - length));
  return { from, to: from + length };
}

/** The newest row of every set of tags, some columns of it, for the sets that pass. */
function lastOf(
  dialect: Dialect,
  table: string,
  columns: readonly string[],
  shown: readonly string[],
  where: string,
): string {
  const list = shown.map((name) => (name.startsWith('t.') ? name : `r.${name}`)).join(', ');
  const head = `SELECT t.name AS name, t.driver AS driver, ${list} FROM tags t`;
  const filter = `WHERE t.name IS NOT NULL AND ${where}`;
  if (dialect !== 'clickhouse') {
    return `${head} INNER JOIN LATERAL (SELECT ${columns.join(', ')} FROM ${table} r WHERE r.tags_id = t.id ORDER BY time DESC LIMIT 1) r ON true ${filter}`;
  }
  // argMax would pass over NULLs, a tuple of them does not.
  const newest = columns.map((name, i) => `tupleElement(newest, ${i + 1}) AS ${name}`).join(', ');
  return `${head} INNER JOIN (SELECT tags_id, ${newest} FROM (SELECT tags_id, argMax(tuple(${columns.join(', ')}), time) AS newest FROM ${table} GROUP BY tags_id)) r ON r.tags_id = t.id ${filter}`;
}

function sessions(name: string, data: IotData, hours: number, more: number): QueryType {
  return type(name, 'ss', (random) => {
    const { from, to } = windowOf(random, data, hours);
    const fleet = random.pick(FLEETS);
    return (dialect) => {
      const lateral = dialect === 'clickhouse' ? '' : 'LATERAL ';
      return `SELECT t.name, t.driver FROM tags t INNER JOIN ${lateral}(SELECT ${bucketOf(dialect, 600)} AS ten_minutes, tags_id FROM readings WHERE ${inRange(dialect, from, to)} GROUP BY ten_minutes, tags_id HAVING avg(velocity) > 1 ORDER BY ten_minutes, tags_id) r ON t.id = r.tags_id WHERE t.name IS NOT NULL AND ${fleetIs(fleet)} GROUP BY t.name, t.driver HAVING count(r.ten_minutes) > ${more}`;
    };
  });
}
