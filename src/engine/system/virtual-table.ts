/** Definition of one virtual table: its columns and what computes its rows. */
import type { CatalogSnapshot } from '../../catalog/catalog.ts';
import { InternalError } from '../../errors/db-error.ts';
import { PgArray } from '../../types/pg-array.ts';
import { OID, type Oid } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import type { SessionContext } from '../session-context.ts';
import { relationFact } from './relation-facts.ts';

export type SystemSchema =
  | 'pg_catalog'
  | 'information_schema'
  | 'timescaledb_information'
  | 'varve';

export type Row = readonly Value[];

export interface VirtualTable {
  readonly schema: SystemSchema;
  /** Unique over all system schemas: rows are found by it. */
  readonly name: string;
  /**
   * Columns as `name:type` separated by blanks, types by internal name, ! after it for NOT NULL. Left out,
   * the columns are those that PostgreSQL's relation of this name has.
   */
  readonly columns?: string;
  /** Its rows may change while a statement runs, as they tell of sessions, settings or numbers. */
  readonly isLive?: boolean;
  rows(session: SessionContext): Iterable<Row> | AsyncIterable<Row>;
}

/** A relation of pg_catalog with PostgreSQL's columns. */
export function catalogTable(
  name: string,
  rows: (session: SessionContext) => Iterable<Row>,
): VirtualTable {
  return { schema: 'pg_catalog', name, rows };
}

/** The same where rows may change while a statement runs. */
export function liveTable(
  name: string,
  rows: (session: SessionContext) => Iterable<Row>,
): VirtualTable {
  return { ...catalogTable(name, rows), isLive: true };
}

/** Values by column name, for wide relations; columns left out are NULL. */
export type FieldValues = Readonly<Record<string, Value>>;

/** Puts named values in the order of a relation's columns. */
export function rowMaker(schema: SystemSchema, name: string): (values: FieldValues) => Row {
  let positions: Map<string, number> | undefined;
  return (values) => {
    positions ??= new Map(columnNames(schema, name).map((column, i) => [column, i]));
    const row: Value[] = Array.from({ length: positions.size }, () => null);
    for (const [column, value] of Object.entries(values)) {
      const position = positions.get(column);
      if (position === undefined) throw new InternalError(`${name} has no column ${column}`);
      row[position] = value;
    }
    return row;
  };
}

function columnNames(schema: SystemSchema, name: string): string[] {
  const columns = relationFact(schema, name)?.columns ?? '';
  return columns.split(' ').map((column) => column.slice(0, column.indexOf(':')));
}

/** Rows that never change: computed when first asked for. */
export function fixedRows(compute: () => readonly Row[]): () => readonly Row[] {
  let rows: readonly Row[] | undefined;
  return () => (rows ??= compute());
}

/** Keeps what `compute` makes of an object for as long as the object lives; descriptors never change. */
export function perObject<K extends object, V>(compute: (key: K) => V): (key: K) => V {
  const known = new WeakMap<K, V>();
  return (key) => {
    let value = known.get(key);
    if (value === undefined) known.set(key, (value = compute(key)));
    return value;
  };
}

/** A relation of pg_catalog whose rows follow from the catalog alone: kept for each version of it. */
export function versionedTable(
  name: string,
  compute: (catalog: CatalogSnapshot, session: SessionContext) => Iterable<Row>,
): VirtualTable {
  const known = new WeakMap<CatalogSnapshot, readonly Row[]>();
  return catalogTable(name, (session) => {
    const catalog = session.catalog();
    let rows = known.get(catalog);
    if (rows === undefined) known.set(catalog, (rows = [...compute(catalog, session)]));
    return rows;
  });
}

/** Parses facts: one item a line, fields separated by blanks. */
export function factLines(facts: string): string[][] {
  return facts
    .trim()
    .split('\n')
    .map((line) => line.split(' '));
}

export function int2Vector(values: readonly number[]): PgArray {
  return vector(OID.int2, values);
}

export function oidVector(values: readonly Oid[]): PgArray {
  return vector(OID.oid, values);
}

/** The vector types count from 0. */
function vector(element: Oid, values: readonly number[]): PgArray {
  return values.length === 0
    ? new PgArray(element, [])
    : new PgArray(element, values, [values.length], [0]);
}

/** An ACL as a column of type aclitem[]; NULL where nothing was ever granted. */
export function aclArray(acl: readonly string[] | undefined): PgArray | null {
  return acl === undefined ? null : new PgArray(OID.aclitem, acl);
}
