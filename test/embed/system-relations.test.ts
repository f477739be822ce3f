/** Every built-in relation: its columns, its rows' shape, and how catalogs refer to each other. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReadableRelation } from '../../src/catalog/catalog.ts';
import { parseColumns, relationFact } from '../../src/engine/system/relation-facts.ts';
import { loadSystemCatalog, SystemView } from '../../src/engine/system/system-catalog.ts';
import type { Engine } from '../../src/engine/session.ts';
import { builtinRegistry } from '../../src/functions/registry.ts';
import { initParser } from '../../src/parse/parser.ts';
import { createNodeEnv } from '../../src/platform/node-env.ts';
import { systemSqlPath } from '../../src/platform/package-path.ts';
import { memoryEngine } from '../support/memory-engine.ts';
import { TextSession } from '../support/text-session.ts';

const SCHEMA = `
  CREATE TABLE devices (
    id serial PRIMARY KEY,
    name varchar(30) NOT NULL UNIQUE,
    price numeric(10,2) CHECK (price > 0),
    tags text[] DEFAULT '{}',
    seq bigint GENERATED ALWAYS AS IDENTITY
  );
  CREATE INDEX devices_lower ON devices (lower(name), id DESC);
  CREATE VIEW cheap AS SELECT id, name FROM devices WHERE price < 10;
  CREATE SCHEMA app;
  CREATE SEQUENCE app.counter;
  CREATE TABLE readings (time timestamptz NOT NULL, device int, value float8);
  SELECT create_hypertable('readings', 'time');
  INSERT INTO readings VALUES ('2024-01-01Z', 1, 1.5);
`;

/** A column holding an OID, and the catalog that must have it; 0 means none. */
const REFERENCES: readonly (readonly [table: string, column: string, target: string])[] = [
  ['pg_attribute', 'attrelid', 'pg_class'],
  ['pg_attribute', 'atttypid', 'pg_type'],
  ['pg_attribute', 'attcollation', 'pg_collation'],
  ['pg_class', 'relnamespace', 'pg_namespace'],
  ['pg_class', 'reltype', 'pg_type'],
  ['pg_class', 'relowner', 'pg_authid'],
  ['pg_class', 'relam', 'pg_am'],
  ['pg_type', 'typnamespace', 'pg_namespace'],
  ['pg_type', 'typrelid', 'pg_class'],
  ['pg_type', 'typelem', 'pg_type'],
  ['pg_type', 'typarray', 'pg_type'],
  ['pg_type', 'typinput', 'pg_proc'],
  ['pg_type', 'typoutput', 'pg_proc'],
  ['pg_type', 'typreceive', 'pg_proc'],
  ['pg_type', 'typsend', 'pg_proc'],
  ['pg_type', 'typmodin', 'pg_proc'],
  ['pg_type', 'typsubscript', 'pg_proc'],
  ['pg_index', 'indexrelid', 'pg_class'],
  ['pg_index', 'indrelid', 'pg_class'],
  ['pg_constraint', 'conrelid', 'pg_class'],
  ['pg_constraint', 'conindid', 'pg_class'],
  ['pg_attrdef', 'adrelid', 'pg_class'],
  ['pg_rewrite', 'ev_class', 'pg_class'],
  ['pg_sequence', 'seqrelid', 'pg_class'],
  ['pg_proc', 'prorettype', 'pg_type'],
  ['pg_proc', 'prolang', 'pg_language'],
  ['pg_operator', 'oprleft', 'pg_type'],
  ['pg_operator', 'oprright', 'pg_type'],
  ['pg_operator', 'oprresult', 'pg_type'],
  ['pg_operator', 'oprcode', 'pg_proc'],
  ['pg_operator', 'oprcom', 'pg_operator'],
  ['pg_operator', 'oprnegate', 'pg_operator'],
  ['pg_amop', 'amopopr', 'pg_operator'],
  ['pg_amop', 'amopfamily', 'pg_opfamily'],
  ['pg_opclass', 'opcfamily', 'pg_opfamily'],
  ['pg_opclass', 'opcintype', 'pg_type'],
  ['pg_opfamily', 'opfmethod', 'pg_am'],
  ['pg_am', 'amhandler', 'pg_proc'],
  ['pg_cast', 'castsource', 'pg_type'],
  ['pg_cast', 'casttarget', 'pg_type'],
  ['pg_cast', 'castfunc', 'pg_proc'],
  ['pg_range', 'rngtypid', 'pg_type'],
  ['pg_range', 'rngmultitypid', 'pg_type'],
  ['pg_range', 'rngsubopc', 'pg_opclass'],
  ['pg_range', 'rngsubdiff', 'pg_proc'],
  ['pg_extension', 'extnamespace', 'pg_namespace'],
  ['pg_database', 'dattablespace', 'pg_tablespace'],
];

const NUMBERED = [
  'pg_class',
  'pg_type',
  'pg_proc',
  'pg_operator',
  'pg_constraint',
  'pg_attrdef',
  'pg_namespace',
  'pg_rewrite',
  'pg_cast',
  'pg_amop',
  'pg_opclass',
  'pg_opfamily',
];

let engine: Engine;
let session: TextSession;
let relations: ReadableRelation[];

beforeAll(async () => {
  await initParser();
  const system = await loadSystemCatalog(
    createNodeEnv({ logLevel: 'error' }),
    systemSqlPath(),
    builtinRegistry,
  );
  relations = system.relations.filter((relation) => relation.kind !== 'index');
  engine = await memoryEngine();
  session = await TextSession.open(engine);
  const outcome = await session.run(SCHEMA);
  if (outcome.kind === 'error') throw outcome.error;
});

afterAll(async () => {
  await engine.close();
});

async function rowsOf(sql: string): Promise<(string | null)[][]> {
  const outcome = await session.run(sql);
  if (outcome.kind === 'error') throw outcome.error;
  return outcome.result.rows;
}

const schemaName = (oid: number): string =>
  ['information_schema', 'timescaledb_information', 'varve'][oid - 13200] ?? 'pg_catalog';

describe('system relations', () => {
  it('have names and OIDs of their own', () => {
    const oids = relations.flatMap((r) =>
      'rowType' in r ? [r.oid, r.rowType, r.rowArrayType] : [r.oid],
    );
    expect(new Set(oids).size).toBe(oids.length);
    const names = relations.map((relation) => `${schemaName(relation.schema)}.${relation.name}`);
    expect(new Set(names).size).toBe(names.length);
  });

  it('have exactly the columns of PostgreSQL, where views are bound, too', () => {
    for (const relation of relations) {
      const fact = relationFact(schemaName(relation.schema), relation.name);
      if (fact === undefined || !(relation instanceof SystemView)) continue;
      const describe = (columns: ReturnType<typeof parseColumns>): string[] =>
        columns.map(({ name, type }) => `${name} ${type.oid} ${type.typmod}`);
      expect(describe([...relation.boundColumns()]), relation.name).toEqual(
        describe(parseColumns(fact.columns)),
      );
    }
  });

  it('can all be read whole', async () => {
    for (const relation of relations) {
      const name = `${schemaName(relation.schema)}.${relation.name}`;
      const outcome = await session.run(`SELECT * FROM ${name}`);
      if (outcome.kind === 'error') throw new Error(`${name}: ${outcome.message}`);
      const { fields, rows } = outcome.result;
      const width = 'columns' in relation ? relation.columns.length : 0;
      expect(fields.length, name).toBe(width);
      for (const row of rows) expect(row.length, name).toBe(width);
    }
  });

  it('keep their NOT NULL columns', async () => {
    for (const relation of relations) {
      if (relation.kind !== 'virtual') continue;
      const columns = relation.columns
        .filter((column) => column.notNull)
        .map((column) => column.name);
      if (columns.length === 0) continue;
      const condition = columns.map((column) => `"${column}" IS NULL`).join(' OR ');
      const [row] = await rowsOf(
        `SELECT count(*) FROM pg_catalog."${relation.name}" WHERE ${condition}`,
      );
      expect(row, relation.name).toEqual(['0']);
    }
  });

  it('number each object once', async () => {
    for (const table of NUMBERED) {
      const [row] = await rowsOf(`SELECT count(*) - count(DISTINCT oid) FROM ${table}`);
      expect(row, table).toEqual(['0']);
    }
  });

  it('refer to objects that exist', async () => {
    for (const [table, column, target] of REFERENCES) {
      const missing = await rowsOf(
        `SELECT DISTINCT s.${column}::oid FROM ${table} s WHERE s.${column}::oid <> 0 ` +
          `AND NOT EXISTS (SELECT 1 FROM ${target} t WHERE t.oid = s.${column}::oid)`,
      );
      expect(missing, `${table}.${column}`).toEqual([]);
    }
  });

  it('list every column of every relation', async () => {
    const wrong = await rowsOf(
      'SELECT c.relname, c.relnatts, count(a.attnum) FROM pg_class c LEFT JOIN pg_attribute a ' +
        'ON a.attrelid = c.oid AND a.attnum > 0 GROUP BY c.oid, c.relname, c.relnatts HAVING count(a.attnum) <> c.relnatts',
    );
    expect(wrong).toEqual([]);
  });

  it('name argument types of functions that exist', async () => {
    const wrong = await rowsOf(
      'SELECT p.proname FROM pg_proc p, unnest(p.proargtypes) AS t (oid) ' +
        'WHERE NOT EXISTS (SELECT 1 FROM pg_type y WHERE y.oid = t.oid)',
    );
    expect(wrong).toEqual([]);
  });
});
