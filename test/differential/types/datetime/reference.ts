/** PostgreSQL in process, as the reference for date/time behaviour. */
import { PGlite } from '@electric-sql/pglite';
import type { FormatSettings } from '../../../../src/types/codec.ts';

export const SETTINGS: FormatSettings = {
  timeZone: 'America/New_York',
  dateStyle: 'ISO',
  dateOrder: 'MDY',
  intervalStyle: 'postgres',
  byteaOutput: 'hex',
  extraFloatDigits: 1,
  nowMicros: 0,
};

export interface Reference {
  /** Text of each expression under a zone, or `SQLSTATE message` where it fails. */
  evaluate(
    expressions: readonly { readonly sql: string; readonly zone: string }[],
  ): Promise<string[]>;
  /** now() of the transaction in which everything above runs. */
  readonly nowMicros: number;
  close(): Promise<void>;
}

/** Starts the reference with session settings such as `set datestyle = 'SQL, DMY'`. */
export async function startReference(setup = ''): Promise<Reference> {
  const db = await PGlite.create();
  await db.exec(`
    create function evaluate(zone text, expression text) returns text language plpgsql as $$
    declare result text;
    begin
      perform set_config('TimeZone', zone, false);
      execute 'select (' || expression || ')::text' into result;
      return coalesce(result, '');
    exception when others then
      return sqlstate || ' ' || sqlerrm;
    end $$;
    ${setup};
    begin;`);
  const now = await db.query<{ n: string }>(
    'select (extract(epoch from now()) * 1000000 - 946684800000000)::int8::text n',
  );
  return {
    nowMicros: Number(now.rows[0]?.n),
    close: () => db.close(),
    async evaluate(expressions) {
      const { rows } = await db.query<{ r: string }>(
        'select evaluate(z, e) r from unnest($1::text[], $2::text[]) with ordinality t(z, e, i) order by i',
        [expressions.map((e) => e.zone), expressions.map((e) => e.sql)],
      );
      return rows.map((row) => row.r);
    },
  };
}
