/** What the catalogs say about a small schema; the expected values are PostgreSQL 15's. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../../../src/engine/session.ts';
import { memoryEngine } from '../../../support/memory-engine.ts';
import { TextSession } from '../../../support/text-session.ts';

const SCHEMA = `
  CREATE TABLE devices (
    id serial PRIMARY KEY,
    name varchar(30) NOT NULL,
    price numeric(10,2) CHECK (price > 0),
    tags text[] DEFAULT '{}'::text[],
    created timestamptz(3) DEFAULT now(),
    seq bigint GENERATED ALWAYS AS IDENTITY,
    CONSTRAINT devices_name_key UNIQUE (name)
  );
  CREATE INDEX devices_abs ON devices (abs(price), id DESC);
  CREATE UNIQUE INDEX devices_part ON devices (id) INCLUDE (price) WHERE price > 10;
  CREATE VIEW cheap AS SELECT id, name FROM devices WHERE price < 10;
  CREATE SEQUENCE counter START 100 INCREMENT 5 MAXVALUE 1000 CYCLE;
`;

let engine: Engine;
let session: TextSession;

beforeAll(async () => {
  engine = await memoryEngine();
  session = await TextSession.open(engine);
  await rows(SCHEMA);
});

afterAll(async () => {
  await engine.close();
});

/** Rows as psql -At prints them. */
async function rows(sql: string): Promise<string[]> {
  const outcome = await session.run(sql);
  if (outcome.kind === 'error') throw outcome.error;
  return outcome.result.rows.map((row) => row.map((value) => value ?? '').join('|'));
}

describe('pg_catalog', () => {
  it('lists relations with their kinds', async () => {
    expect(
      await rows(
        'SELECT relname, relkind, relnatts, relchecks, relhasindex, relhasrules, relpersistence FROM pg_class ' +
          "WHERE relnamespace = 'public'::regnamespace ORDER BY relname",
      ),
    ).toEqual([
      'cheap|v|2|0|f|t|p',
      'counter|S|3|0|f|f|p',
      'devices|r|6|1|t|f|p',
      'devices_abs|i|2|0|f|f|p',
      'devices_id_seq|S|3|0|f|f|p',
      'devices_name_key|i|1|0|f|f|p',
      'devices_part|i|2|0|f|f|p',
      'devices_pkey|i|1|0|f|f|p',
      'devices_seq_seq|S|3|0|f|f|p',
    ]);
  });

  it('describes columns', async () => {
    expect(
      await rows(
        'SELECT attnum, attname, atttypid, attlen, atttypmod, attndims, attnotnull, atthasdef, attidentity, ' +
          "attcollation, attstorage FROM pg_attribute WHERE attrelid = 'devices'::regclass AND attnum > 0 ORDER BY attnum",
      ),
    ).toEqual([
      '1|id|23|4|-1|0|t|t||0|p',
      '2|name|1043|-1|34|0|t|f||100|x',
      '3|price|1700|-1|655366|0|f|f||0|m',
      '4|tags|1009|-1|-1|1|f|t||100|x',
      '5|created|1184|8|3|0|f|t||0|p',
      '6|seq|20|8|-1|0|t|f|a|0|p',
    ]);
  });

  it('describes the columns of indexes', async () => {
    expect(
      await rows(
        "SELECT attname, atttypid FROM pg_attribute WHERE attrelid = 'devices_abs'::regclass ORDER BY attnum",
      ),
    ).toEqual(['abs|1700', 'id|23']);
  });

  it('describes indexes', async () => {
    expect(
      await rows(
        'SELECT c.relname, indnatts, indnkeyatts, indisunique, indisprimary, indkey, indcollation, indclass, indoption, ' +
          'pg_get_expr(indexprs, indrelid), indpred IS NOT NULL FROM pg_index JOIN pg_class c ON c.oid = indexrelid ' +
          "WHERE indrelid = 'devices'::regclass ORDER BY 1",
      ),
    ).toEqual([
      'devices_abs|2|2|f|f|0 1|0 0|3125 1978|0 3|abs(price)|f',
      'devices_name_key|1|1|t|f|2|100|3126|0||f',
      'devices_part|2|1|t|f|1 3|0|1978|0||t',
      'devices_pkey|1|1|t|t|1|0|1978|0||f',
    ]);
  });

  it('describes constraints and defaults', async () => {
    expect(
      await rows(
        'SELECT conname, contype, conkey, conindid::regclass, conbin IS NOT NULL, convalidated FROM pg_constraint ORDER BY 1',
      ),
    ).toEqual([
      'devices_name_key|u|{2}|devices_name_key|f|t',
      'devices_pkey|p|{1}|devices_pkey|f|t',
      'devices_price_check|c|{3}|-|t|t',
    ]);
    expect(
      await rows(
        "SELECT adnum, pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = 'devices'::regclass ORDER BY 1",
      ),
    ).toEqual(["1|nextval('devices_id_seq'::regclass)", "4|'{}'::text[]", '5|now()']);
  });

  it('connects sequences with their columns', async () => {
    expect(
      await rows(
        "SELECT s.relname, a.attname, d.deptype FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S' " +
          'JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid ' +
          "WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass ORDER BY 1",
      ),
    ).toEqual(['devices_id_seq|id|a', 'devices_seq_seq|seq|i']);
  });

  it('connects indexes with the columns that they read', async () => {
    expect(
      await rows(
        "SELECT refobjsubid, deptype FROM pg_depend WHERE objid = 'devices_abs'::regclass ORDER BY 1",
      ),
    ).toEqual(['1|a', '3|a']);
    expect(
      await rows(
        "SELECT c.conname, d.deptype FROM pg_depend d JOIN pg_constraint c ON c.oid = d.refobjid WHERE d.objid = 'devices_pkey'::regclass",
      ),
    ).toEqual(['devices_pkey|i']);
  });

  it('has a row type and its array for every table and view', async () => {
    expect(
      await rows(
        'SELECT t.typname, t.typtype, t.typcategory, t.typrelid::regclass, a.typname, a.typelem = t.oid ' +
          "FROM pg_type t JOIN pg_type a ON a.oid = t.typarray WHERE t.typnamespace = 'public'::regnamespace ORDER BY 1",
      ),
    ).toEqual(['cheap|c|C|cheap|_cheap|t', 'devices|c|C|devices|_devices|t']);
  });

  it("has PostgreSQL's numbers for types, functions, operators and casts", async () => {
    expect(
      await rows(
        'SELECT typinput::oid, typreceive::oid, typelem, typarray FROM pg_type WHERE oid IN (23, 1009) ORDER BY oid',
      ),
    ).toEqual(['42|2406|0|1007', '750|2400|25|0']);
    expect(
      await rows("SELECT oid, prosrc, provolatile, proargtypes FROM pg_proc WHERE proname = 'now'"),
    ).toEqual(['1299|now|s|']);
    expect(
      await rows(
        "SELECT oid, oprcom, oprnegate, oprcode::oid, oprcanhash FROM pg_operator WHERE oprname = '=' AND oprleft = 23 AND oprright = 23",
      ),
    ).toEqual(['96|96|518|65|t']);
    expect(
      await rows(
        'SELECT castfunc::oid, castcontext, castmethod FROM pg_cast WHERE castsource = 23 AND casttarget = 20',
      ),
    ).toEqual(['481|i|f']);
  });

  it('shows what sessions do', async () => {
    const [row] = await rows(
      "SELECT state, query LIKE '%pg_stat_activity%', usename, backend_type FROM pg_stat_activity WHERE pid = pg_backend_pid()",
    );
    expect(row).toBe('active|t|postgres|client backend');
    await rows('SELECT pg_advisory_lock(7); SELECT pg_advisory_lock_shared(1, -1)');
    expect(
      await rows(
        "SELECT classid, objid, objsubid, mode FROM pg_locks WHERE locktype = 'advisory' ORDER BY objsubid",
      ),
    ).toEqual(['0|7|1|ExclusiveLock', '1|4294967295|2|ShareLock']);
    await rows('SELECT pg_advisory_unlock_all()');
  });

  it('shows prepared statements and cursors', async () => {
    await rows('PREPARE find (int) AS SELECT name FROM devices WHERE id = $1');
    expect(
      await rows('SELECT name, parameter_types, from_sql FROM pg_prepared_statements'),
    ).toEqual(['find|{integer}|t']);
    await rows('BEGIN; DECLARE all_devices CURSOR FOR SELECT * FROM devices');
    expect(await rows('SELECT name, is_holdable FROM pg_cursors')).toEqual(['all_devices|f']);
    await rows('ROLLBACK');
  });

  it('shows settings in their own units', async () => {
    await rows("SET statement_timeout = '2min'");
    expect(
      await rows(
        "SELECT setting, unit, vartype, context, source, boot_val, reset_val FROM pg_settings WHERE name = 'statement_timeout'",
      ),
    ).toEqual(['120000|ms|integer|user|session|0|0']);
    await rows('RESET statement_timeout');
  });

  it('has time zones', async () => {
    expect(
      await rows("SELECT utc_offset FROM pg_timezone_names WHERE name = 'Asia/Kolkata'"),
    ).toEqual(['05:30:00']);
    expect(
      await rows("SELECT utc_offset, is_dst FROM pg_timezone_abbrevs WHERE abbrev = 'CEST'"),
    ).toEqual(['02:00:00|t']);
  });
});

describe('information_schema', () => {
  it('describes columns', async () => {
    expect(
      await rows(
        'SELECT column_name, ordinal_position, column_default, is_nullable, data_type, character_maximum_length, ' +
          'numeric_precision, numeric_scale, datetime_precision, udt_name, is_identity, identity_generation ' +
          "FROM information_schema.columns WHERE table_name = 'devices' ORDER BY 2",
      ),
    ).toEqual([
      "id|1|nextval('devices_id_seq'::regclass)|NO|integer||32|0||int4|NO|",
      'name|2||NO|character varying|30||||varchar|NO|',
      'price|3||YES|numeric||10|2||numeric|NO|',
      "tags|4|'{}'::text[]|YES|ARRAY|||||_text|NO|",
      'created|5|now()|YES|timestamp with time zone||||3|timestamptz|NO|',
      'seq|6||NO|bigint||64|0||int8|YES|ALWAYS',
    ]);
  });

  it('lists constraints and their columns', async () => {
    expect(
      await rows(
        'SELECT constraint_name, constraint_type, nulls_distinct FROM information_schema.table_constraints ' +
          "WHERE table_name = 'devices' AND constraint_name NOT LIKE '%not_null' ORDER BY 1",
      ),
    ).toEqual([
      'devices_name_key|UNIQUE|YES',
      'devices_pkey|PRIMARY KEY|',
      'devices_price_check|CHECK|',
    ]);
    expect(
      await rows(
        'SELECT constraint_name, column_name, ordinal_position FROM information_schema.key_column_usage ORDER BY 1',
      ),
    ).toEqual(['devices_name_key|name|1', 'devices_pkey|id|1']);
    expect(
      await rows(
        "SELECT check_clause FROM information_schema.check_constraints WHERE constraint_schema = 'public' ORDER BY 1",
      ),
    ).toEqual([
      '((price > (0)::numeric))',
      'id IS NOT NULL',
      'name IS NOT NULL',
      'seq IS NOT NULL',
    ]);
  });

  it('lists sequences except those of identity columns', async () => {
    expect(
      await rows(
        'SELECT sequence_name, start_value, maximum_value, increment, cycle_option FROM information_schema.sequences ORDER BY 1',
      ),
    ).toEqual(['counter|100|1000|5|YES', 'devices_id_seq|1|2147483647|1|NO']);
  });

  it('lists grants to whom they concern', async () => {
    await rows(
      'CREATE ROLE reader; CREATE ROLE other; GRANT SELECT ON cheap TO reader WITH GRANT OPTION',
    );
    const granted =
      'SELECT grantor, grantee, privilege_type, is_grantable FROM information_schema.role_table_grants ' +
      "WHERE table_name = 'cheap' AND grantee <> 'postgres'";
    expect(await rows(granted)).toEqual(['postgres|reader|SELECT|YES']);
    const visible = "SELECT count(*) FROM information_schema.columns WHERE table_name = 'cheap'";
    await rows('SET ROLE reader');
    expect(await rows(granted)).toEqual(['postgres|reader|SELECT|YES']);
    expect(await rows(visible)).toEqual(['2']);
    await rows('RESET ROLE; SET ROLE other');
    expect(await rows(granted)).toEqual([]);
    expect(await rows(visible)).toEqual(['0']);
    await rows('RESET ROLE');
  });

  it('knows what views use', async () => {
    expect(
      await rows(
        "SELECT view_name, table_name FROM information_schema.view_table_usage WHERE view_schema = 'public'",
      ),
    ).toEqual(['cheap|devices']);
  });
});

describe('timescaledb_information', () => {
  it('describes hypertables, dimensions and chunks', async () => {
    await rows(
      "CREATE TABLE readings (time timestamptz NOT NULL, value float8); SELECT create_hypertable('readings', 'time', " +
        "chunk_time_interval => interval '1 day'); INSERT INTO readings VALUES ('2024-01-01 12:00Z', 1), ('2024-01-03Z', 2)",
    );
    expect(
      await rows(
        'SELECT hypertable_name, num_dimensions, num_chunks, primary_dimension, primary_dimension_type FROM timescaledb_information.hypertables',
      ),
    ).toEqual(['readings|1|2|time|timestamp with time zone']);
    expect(
      await rows(
        'SELECT column_name, dimension_type, time_interval FROM timescaledb_information.dimensions',
      ),
    ).toEqual(['time|Time|1 day']);
    await rows("SET timezone = 'UTC'");
    expect(
      await rows('SELECT range_start, range_end FROM timescaledb_information.chunks ORDER BY 1'),
    ).toEqual([
      '2024-01-01 00:00:00+00|2024-01-02 00:00:00+00',
      '2024-01-03 00:00:00+00|2024-01-04 00:00:00+00',
    ]);
  });
});

describe('varve', () => {
  it('describes segments, and what their columns take, to those who may read the table', async () => {
    await rows(
      "CREATE TABLE stored (time timestamptz NOT NULL, host text, value float8, n int); SELECT create_hypertable('stored', 'time'); " +
        "INSERT INTO stored SELECT '2024-01-01Z'::timestamptz + i * interval '1 minute', 'h' || i % 3, i / 8.0, 7 FROM generate_series(0, 2999) i",
    );
    const segments = 'SELECT rows, deleted_rows, segment_by, series, is_compacted';
    expect(await rows(`${segments} FROM varve.segments WHERE hypertable_name = 'stored'`)).toEqual([
      '3000|0|||f',
    ]);
    await rows('VACUUM FULL stored');
    await rows("DELETE FROM stored WHERE value < 1; SET timezone = 'UTC'");
    expect(
      await rows(
        `${segments}, min_time, max_time, bytes > 100 FROM varve.segments WHERE hypertable_name = 'stored'`,
      ),
    ).toEqual(['3000|8|{host}|3|t|2024-01-01 00:00:00+00|2024-01-03 01:59:00+00|t']);
    expect(
      await rows(
        "SELECT column_name, blocks, bytes > 0, encodings FROM varve.segment_columns WHERE hypertable_name = 'stored' ORDER BY column_name",
      ),
    ).toEqual([
      'host|0|f|{series}',
      'n|1|t|{"constant, 8 bits"}',
      'time|1|t|{"deltas, 16 bits"}',
      'value|1|t|{"deltas, 16 bits"}',
    ]);
    expect(
      await rows(
        "SELECT sum(c.bytes) < max(s.bytes) FROM varve.segments s JOIN varve.segment_columns c USING (segment_id) WHERE s.hypertable_name = 'stored'",
      ),
    ).toEqual(['t']);
    await rows('CREATE ROLE stranger; SET ROLE stranger');
    expect(await rows('SELECT count(*) FROM varve.segments')).toEqual(['0']);
    await rows('RESET ROLE; GRANT SELECT ON stored TO stranger; SET ROLE stranger');
    expect(await rows('SELECT count(*) FROM varve.segments')).toEqual(['1']);
    await rows('RESET ROLE');
  });
});
