/** TSBS's iot queries over the whole set. Integer divisions stay integer in every dialect. */
import type { Dialect } from '../systems/system.ts';
import { bucket, isSql } from './dialect.ts';
import type { QueryType } from './query.ts';

export function wholeSetQueries(): QueryType[] {
  return [
    whole('avg-vs-projected-fuel-consumption', 'snn', (dialect) => {
      const source =
        dialect === 'clickhouse'
          ? `(SELECT tags_id, fuel_consumption FROM readings WHERE velocity > 1) r ON r.tags_id = t.id`
          : `LATERAL (SELECT tags_id, fuel_consumption FROM readings r WHERE r.tags_id = t.id AND velocity > 1) r ON true`;
      return `SELECT t.fleet AS fleet, avg(r.fuel_consumption) AS avg_fuel_consumption, avg(t.nominal_fuel_consumption) AS projected_fuel_consumption FROM tags t INNER JOIN ${source} WHERE t.fleet IS NOT NULL AND t.nominal_fuel_consumption IS NOT NULL AND t.name IS NOT NULL GROUP BY t.fleet`;
    }),
    whole(
      'avg-daily-driving-duration',
      'sssn',
      (dialect) =>
        `WITH ten_minute_driving_sessions AS (SELECT ${bucketOf(dialect, 600)} AS ten_minutes, tags_id FROM readings r GROUP BY tags_id, ten_minutes HAVING avg(velocity) > 1), daily_total_session AS (SELECT ${bucketOf(dialect, 86_400, 'ten_minutes')} AS day, tags_id, ${divided(dialect, 'count(*)', '6')} AS hours FROM ten_minute_driving_sessions GROUP BY day, tags_id) SELECT t.fleet, t.name, t.driver, avg(d.hours) AS avg_daily_hours FROM daily_total_session d INNER JOIN tags t ON t.id = d.tags_id GROUP BY t.fleet, t.name, t.driver`,
    ),
    whole('avg-daily-driving-session', 'sti', (dialect) => {
      const driving = nullable(dialect, 'driving');
      const next = nullable(dialect, 'ten_minutes');
      return `WITH driver_status AS (SELECT tags_id, ${bucketOf(dialect, 600)} AS ten_minutes, avg(velocity) > 5 AS driving FROM readings GROUP BY tags_id, ten_minutes ORDER BY tags_id, ten_minutes), driver_status_change AS (SELECT tags_id, ten_minutes AS start, lead(${next}) OVER (PARTITION BY tags_id ORDER BY ten_minutes) AS stop, driving FROM (SELECT tags_id, ten_minutes, driving, lag(${driving}) OVER (PARTITION BY tags_id ORDER BY ten_minutes) AS prev_driving FROM driver_status) x WHERE x.driving <> x.prev_driving) SELECT t.name, ${bucketOf(dialect, 86_400, 'd.start')} AS day, avg(${elapsed(dialect)}) AS duration FROM tags t INNER JOIN driver_status_change d ON t.id = d.tags_id WHERE t.name IS NOT NULL AND d.driving = true GROUP BY t.name, day ORDER BY t.name, day`;
    }),
    whole(
      'avg-load',
      'ssnn',
      () =>
        `SELECT t.fleet, t.model, t.load_capacity, avg(d.avg_load / t.load_capacity) AS avg_load_percentage FROM tags t INNER JOIN (SELECT tags_id, avg(current_load) AS avg_load FROM diagnostics d GROUP BY tags_id) d ON t.id = d.tags_id WHERE t.name IS NOT NULL GROUP BY t.fleet, t.model, t.load_capacity`,
    ),
    whole(
      'daily-activity',
      'sstn',
      (dialect) =>
        `SELECT t.fleet, t.model, y.day, sum(y.ten_mins_per_day) / 144 AS daily_activity FROM tags t INNER JOIN (SELECT ${bucketOf(dialect, 86_400)} AS day, ${bucketOf(dialect, 600)} AS ten_minutes, tags_id, count(*) AS ten_mins_per_day FROM diagnostics GROUP BY day, ten_minutes, tags_id HAVING avg(status) < 1) y ON y.tags_id = t.id WHERE t.name IS NOT NULL GROUP BY t.fleet, t.model, y.day ORDER BY y.day`,
    ),
    whole(
      'breakdown-frequency',
      'sn',
      (dialect) =>
        `WITH breakdown_per_truck_per_ten_minutes AS (SELECT ${bucketOf(dialect, 600)} AS ten_minutes, tags_id, ${divided(dialect, 'count(status = 0)', 'count(*)')} >= 0.5 AS broken_down FROM diagnostics GROUP BY ten_minutes, tags_id), breakdowns_per_truck AS (SELECT ten_minutes, tags_id, broken_down, lead(${nullable(dialect, 'broken_down')}) OVER (PARTITION BY tags_id ORDER BY ten_minutes) AS next_broken_down FROM breakdown_per_truck_per_ten_minutes) SELECT t.model, count(*) FROM tags t INNER JOIN breakdowns_per_truck b ON t.id = b.tags_id WHERE t.name IS NOT NULL AND b.broken_down = false AND b.next_broken_down = true GROUP BY t.model`,
    ),
  ];
}

function whole(name: string, kinds: string, text: (dialect: Dialect) => string): QueryType {
  return {
    name,
    kinds,
    columns: [],
    isFixed: true,
    instance: () => (dialect) =>
      isSql(dialect) && dialect !== 'questdb' ? text(dialect) : undefined,
  };
}

/** Days are buckets like all others; they begin at midnight in each dialect. */
export function bucketOf(dialect: Dialect, seconds: number, column = 'time'): string {
  return dialect === 'clickhouse' && seconds === 86_400
    ? `toStartOfDay(${column})`
    : bucket(dialect, seconds, column);
}

function divided(dialect: Dialect, above: string, below: string): string {
  if (dialect === 'duckdb') return `${above} // ${below}`;
  return dialect === 'clickhouse' ? `intDiv(${above}, ${below})` : `${above} / ${below}`;
}

/** ClickHouse's lag and lead give a type's default where there is no row, unless it can be NULL. */
function nullable(dialect: Dialect, column: string): string {
  return dialect === 'clickhouse' ? `toNullable(${column})` : column;
}

function elapsed(dialect: Dialect): string {
  if (dialect === 'clickhouse') return `dateDiff('second', d.start, d.stop)`;
  return dialect === 'duckdb' ? 'epoch(d.stop) - epoch(d.start)' : 'age(d.stop, d.start)';
}
