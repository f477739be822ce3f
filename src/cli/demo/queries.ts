/** What the demo asks of the flights, as a user would. */

export interface DemoQuery {
  readonly title: string;
  readonly sql: string;
}

export const SCHEMA_SQL: readonly string[] = [
  `CREATE TABLE flights (
  time        timestamp NOT NULL,
  origin      text NOT NULL,
  destination text NOT NULL,
  delay       integer,
  distance    integer
) WITH (tsdb.hypertable, tsdb.partition_column = 'time', tsdb.chunk_interval = '7 days', tsdb.segmentby = 'origin')`,
  `CREATE TABLE airports (
  iata      text PRIMARY KEY,
  name      text,
  city      text,
  state     text,
  country   text,
  latitude  double precision,
  longitude double precision
)`,
];

export const DEMO_QUERIES: readonly DemoQuery[] = [
  {
    title: 'Average delay per day at the three largest airports, first days of the year',
    sql: `SELECT time_bucket('1 day', time) AS day, origin, count(*) AS flights, round(avg(delay), 1) AS avg_delay
FROM flights
WHERE origin IN ('ORD', 'ATL', 'DFW') AND time < '2001-01-04'
GROUP BY day, origin
ORDER BY day, origin`,
  },
  {
    title: 'The worst hours of the half-year',
    sql: `SELECT time_bucket('1 hour', time) AS hour, count(*) AS flights, round(avg(delay), 1) AS avg_delay
FROM flights
GROUP BY hour
HAVING count(*) > 300
ORDER BY avg_delay DESC
LIMIT 5`,
  },
  {
    title: 'The last flight from each airport (first five by name)',
    sql: `SELECT DISTINCT ON (origin) origin, time, destination, delay
FROM flights
ORDER BY origin, time DESC
LIMIT 5`,
  },
  {
    title: 'States by flights, through a join with the airports',
    sql: `SELECT a.state, count(*) AS flights, round(avg(f.delay), 1) AS avg_delay
FROM flights f JOIN airports a ON a.iata = f.origin
GROUP BY a.state
ORDER BY flights DESC
LIMIT 5`,
  },
  {
    title: 'How late is late: the 50th, 90th and 99th percentile of the delay in minutes',
    sql: `SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY delay) AS p50,
       percentile_cont(0.9) WITHIN GROUP (ORDER BY delay) AS p90,
       percentile_cont(0.99) WITHIN GROUP (ORDER BY delay) AS p99
FROM flights`,
  },
];
