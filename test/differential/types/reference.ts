/**
 * PostgreSQL as the reference: PGlite in process, or the server that VARVE_REFERENCE names by its URL.
 * Errors are values here, as `!SQLSTATE message`, so that whole matrices are compared at once.
 */
import { PGlite } from '@electric-sql/pglite';
import { DbError } from '../../../src/errors/db-error.ts';
import type { FormatSettings } from '../../../src/types/codec.ts';
import { seedOf } from '../../support/seed.ts';
import { NEUTRAL_FORMAT } from '../../../src/types/neutral-format.ts';

export const SETTINGS: FormatSettings = NEUTRAL_FORMAT;

export interface Reference {
  /** Text of each expression, `<null>`, or `!SQLSTATE message`. */
  evaluate(expressions: readonly string[]): Promise<string[]>;
  rows(sql: string): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

const EVALUATE = `
  create or replace function pg_temp.evaluate(expression text) returns text language plpgsql as $$
  declare result text;
  begin
    execute 'select (' || expression || ')::text' into result;
    return coalesce(result, '<null>');
  exception when others then
    return '!' || sqlstate || ' ' || sqlerrm;
  end $$`;

type Query = (sql: string, parameters?: unknown[]) => Promise<{ rows: Record<string, unknown>[] }>;

export async function startReference(setup = ''): Promise<Reference> {
  const { query, close } = await connect();
  for (const sql of ["set timezone = 'UTC'", EVALUATE, ...(setup === '' ? [] : [setup])])
    await query(sql);
  return {
    close,
    rows: async (sql) => (await query(sql)).rows,
    async evaluate(expressions) {
      const { rows } = await query(
        'select pg_temp.evaluate(e) r from unnest($1::text[]) with ordinality t(e, i) order by i',
        [expressions],
      );
      return rows.map((row) => row['r'] as string);
    },
  };
}

async function connect(): Promise<{ query: Query; close: () => Promise<void> }> {
  const url = process.env['VARVE_REFERENCE'];
  if (url === undefined) {
    const db = await PGlite.create();
    return { query: (sql, parameters) => db.query(sql, parameters), close: () => db.close() };
  }
  const { default: pg } = await import('pg');
  const client = new pg.Client(url);
  await client.connect();
  return { query: (sql, parameters) => client.query(sql, parameters), close: () => client.end() };
}

/** Our own answer in the reference's form. */
export function outcome(compute: () => string | null): string {
  try {
    return compute() ?? '<null>';
  } catch (error) {
    if (error instanceof DbError) return `!${error.code} ${error.message}`;
    throw error;
  }
}

export function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

export interface Random {
  readonly seed: number;
  /** In [0, 1). */
  next(): number;
  below(limit: number): number;
  pick<T>(items: readonly T[]): T;
}

/** A generator that can be repeated. */
export function seededRandom(name: string): Random {
  const seed = seedOf(name);
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return { seed, next, below, pick: (items) => items[below(items.length)] as never };
}
