/** The tables of a run. */
import { CHUNK_MINUTES, regionOf, SERIES_PER_WRITER, seriesName, WRITERS } from './settings.ts';
import type { SoakSession } from './soak-session.ts';

const SCHEMA = [
  `CREATE TABLE readings (time timestamptz NOT NULL, series text NOT NULL, writer int NOT NULL,
     region text, n int, temp float8, load float8, state text)
     WITH (tsdb.hypertable, tsdb.partition_column = 'time', tsdb.chunk_interval = '${CHUNK_MINUTES} minutes')`,
  `CREATE TABLE events (time timestamptz NOT NULL, series text NOT NULL, writer int NOT NULL,
     value float8, hits int NOT NULL DEFAULT 1, UNIQUE (series, time))
     WITH (tsdb.hypertable, tsdb.partition_column = 'time', tsdb.chunk_interval = '${CHUNK_MINUTES} minutes')`,
  `CREATE TABLE last_state (series text PRIMARY KEY, writer int NOT NULL, time timestamptz NOT NULL,
     temp float8, hits int NOT NULL DEFAULT 1)`,
  'CREATE INDEX ON last_state (writer, temp)',
  'CREATE TABLE series_info (series text PRIMARY KEY, writer int NOT NULL, region text NOT NULL)',
  // Rows of readings, kept by every transaction that adds or removes some; writer -1 is retention.
  'CREATE TABLE totals (writer int PRIMARY KEY, n bigint NOT NULL)',
];

export async function createTables(session: SoakSession): Promise<void> {
  for (const sql of SCHEMA) await session.query(sql);
  for (let writer = -1; writer < WRITERS; writer++) {
    await session.query('INSERT INTO totals VALUES ($1, 0)', [writer]);
    for (let i = 0; writer >= 0 && i < SERIES_PER_WRITER; i++) {
      const row = [seriesName(writer, i), writer, regionOf(writer, i)];
      await session.query('INSERT INTO series_info VALUES ($1, $2, $3)', row);
    }
  }
}
