/**
 * The catalog's contract: descriptors of every named object, and immutable snapshots of them.
 *
 * A `CatalogSnapshot` never changes. DDL builds `CatalogChange`s; applying them to a snapshot gives the
 * next one, deterministically, so the commit log can carry them (a change is plain data that msgpackr
 * can encode). A transaction sees the committed snapshot plus its own changes. Expressions (defaults,
 * checks, view bodies) are kept as SQL text in PostgreSQL's own canonical form and bound when used.
 *
 * This folder knows names, OIDs and descriptors; it does not know plans, storage or sessions.
 */
import type { Oid, SqlType } from '../types/type.ts';

/** OIDs of built-in objects that PostgreSQL fixes. */
export const PG_CATALOG_SCHEMA_OID: Oid = 11;
export const PUBLIC_SCHEMA_OID: Oid = 2200;
export const INFORMATION_SCHEMA_OID: Oid = 13200;
export const TIMESCALEDB_INFORMATION_SCHEMA_OID: Oid = 13201;
export const VARVE_SCHEMA_OID: Oid = 13202;
export const BOOTSTRAP_ROLE_OID: Oid = 10;
export const FIRST_USER_OID: Oid = 16384;

export interface SchemaDescriptor {
  readonly kind: 'schema';
  readonly oid: Oid;
  readonly name: string;
  readonly owner: Oid;
  readonly acl?: readonly string[] | undefined;
  readonly comment?: string | undefined;
}

export interface ColumnDescriptor {
  /** 1-based and stable for the table's life; a dropped column keeps its number. */
  readonly attnum: number;
  readonly name: string;
  readonly type: SqlType;
  readonly notNull: boolean;
  /** Default as SQL text, canonical (`nextval('t_id_seq'::regclass)`), or null. */
  readonly defaultSql: string | null;
  /** '' none, 'a' GENERATED ALWAYS, 'd' BY DEFAULT AS IDENTITY. */
  readonly identity: '' | 'a' | 'd';
  /** GENERATED ALWAYS AS (sql) STORED. */
  readonly generatedSql?: string | undefined;
  /** The sequence behind an identity column. */
  readonly identitySequence?: Oid | undefined;
  /** Value that rows written before ADD COLUMN ... DEFAULT have, as the type's text form. */
  readonly missingText?: string | undefined;
  readonly dropped?: boolean | undefined;
  readonly comment?: string | undefined;
}

export interface CheckConstraint {
  readonly kind: 'check';
  readonly oid: Oid;
  readonly name: string;
  /** Canonical expression text without the outer CHECK ( ). */
  readonly sql: string;
  readonly columns: readonly number[];
  /** Rows from before the constraint were not checked (NOT VALID). */
  readonly notValid?: boolean | undefined;
  readonly comment?: string | undefined;
}

/** A primary key or unique constraint; its index has the columns. */
export interface UniqueConstraint {
  readonly kind: 'primary' | 'unique';
  readonly oid: Oid;
  readonly name: string;
  readonly index: Oid;
  readonly columns: readonly number[];
  readonly comment?: string | undefined;
}

export type ConstraintDescriptor = CheckConstraint | UniqueConstraint;

/** What makes a table a hypertable. */
export interface HypertableDescriptor {
  /** attnum of the partitioning (time) column. */
  readonly timeColumn: number;
  /**
   * Chunk width in the time column's own unit: microseconds for timestamps, days for date, the integer
   * itself for int columns. Chunk n covers [n * interval, (n + 1) * interval).
   */
  readonly chunkInterval: number;
  /** attnums of the columns that make a series, or null while storage may still choose. */
  readonly segmentBy: readonly number[] | null;
  /** Further (hash) dimensions, accepted for compatibility; they do not change the placement of rows. */
  readonly spaceDimensions: readonly { readonly column: number; readonly partitions: number }[];
}

export interface TableDescriptor {
  readonly kind: 'table';
  readonly oid: Oid;
  readonly name: string;
  readonly schema: Oid;
  readonly owner: Oid;
  readonly rowType: Oid;
  readonly rowArrayType: Oid;
  /** Every column ever, in attnum order, dropped ones included. */
  readonly columns: readonly ColumnDescriptor[];
  readonly constraints: readonly ConstraintDescriptor[];
  readonly hypertable: HypertableDescriptor | null;
  readonly persistence: 'permanent' | 'temporary' | 'unlogged';
  readonly options: readonly string[];
  readonly acl?: readonly string[] | undefined;
  readonly comment?: string | undefined;
  /** Bumped by every change of columns: storage keeps rows of several versions apart by it. */
  readonly schemaVersion: number;
  /** Changes with TRUNCATE and rewrites: storage keys carry it, so old data vanishes at once. */
  readonly storageId: number;
}

export interface IndexKey {
  /** attnum, or 0 for an expression. */
  readonly column: number;
  readonly expressionSql?: string | undefined;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

export interface IndexDescriptor {
  readonly kind: 'index';
  readonly oid: Oid;
  readonly name: string;
  readonly schema: Oid;
  readonly table: Oid;
  readonly keys: readonly IndexKey[];
  readonly include: readonly number[];
  readonly unique: boolean;
  readonly primary: boolean;
  readonly nullsNotDistinct: boolean;
  readonly predicateSql?: string | undefined;
  /** Access method name as the user gave it: btree, hash, gin, brin ... */
  readonly method: string;
  readonly storageId: number;
  readonly comment?: string | undefined;
}

export interface ViewDescriptor {
  readonly kind: 'view';
  readonly oid: Oid;
  readonly name: string;
  readonly schema: Oid;
  readonly owner: Oid;
  readonly rowType: Oid;
  readonly rowArrayType: Oid;
  readonly columns: readonly ColumnDescriptor[];
  /** The defining SELECT as SQL text. */
  readonly sql: string;
  /** search_path at creation: the names in `sql` are looked up along it. */
  readonly searchPath: readonly string[];
  /** `check_option=cascaded` and the like, as WITH ( ) gave them. */
  readonly options?: readonly string[] | undefined;
  readonly acl?: readonly string[] | undefined;
  readonly comment?: string | undefined;
}

export interface SequenceDescriptor {
  readonly kind: 'sequence';
  readonly oid: Oid;
  readonly name: string;
  readonly schema: Oid;
  readonly owner: Oid;
  readonly type: Oid;
  /** 64-bit values as decimal text. */
  readonly start: string;
  readonly increment: string;
  readonly minimum: string;
  readonly maximum: string;
  readonly cache: number;
  readonly cycle: boolean;
  readonly ownedBy?: { readonly table: Oid; readonly column: number } | undefined;
  readonly acl?: readonly string[] | undefined;
  readonly comment?: string | undefined;
}

/** A relation that the server computes from its own state (the sources of pg_catalog). */
export interface VirtualTableDescriptor {
  readonly kind: 'virtual';
  readonly oid: Oid;
  readonly name: string;
  readonly schema: Oid;
  readonly owner: Oid;
  readonly rowType: Oid;
  readonly rowArrayType: Oid;
  readonly columns: readonly ColumnDescriptor[];
  /** Its rows may change while a statement runs. */
  readonly isLive?: boolean;
}

/** Anything that pg_class lists. */
export type RelationDescriptor =
  | TableDescriptor
  | IndexDescriptor
  | ViewDescriptor
  | SequenceDescriptor
  | VirtualTableDescriptor;

/** A relation that a FROM clause can name. */
export type ReadableRelation =
  | TableDescriptor
  | ViewDescriptor
  | SequenceDescriptor
  | VirtualTableDescriptor;

export interface RoleDescriptor {
  readonly kind: 'role';
  readonly oid: Oid;
  readonly name: string;
  readonly superuser: boolean;
  readonly inherit: boolean;
  readonly createRole: boolean;
  readonly createDb: boolean;
  readonly canLogin: boolean;
  readonly replication: boolean;
  readonly bypassRls: boolean;
  readonly connectionLimit: number;
  /** SCRAM-SHA-256 verifier in PostgreSQL's text form, or null. */
  readonly password: string | null;
  readonly validUntil: string | null;
  readonly memberOf: readonly { readonly role: Oid; readonly admin: boolean }[];
  /** ALTER ROLE ... SET name = value. */
  readonly settings: readonly (readonly [string, string])[];
  readonly comment?: string | undefined;
}

/** What GRANT, COMMENT and ALTER DATABASE have stored; there is none before the first of them. */
export interface DatabaseDescriptor {
  readonly kind: 'database';
  readonly oid: Oid;
  readonly name: string;
  readonly owner: Oid;
  readonly acl?: readonly string[] | undefined;
  readonly comment?: string | undefined;
  /** ALTER DATABASE ... SET name = value. */
  readonly settings: readonly (readonly [string, string])[];
}

export type ObjectDescriptor =
  | SchemaDescriptor
  | RelationDescriptor
  | RoleDescriptor
  | DatabaseDescriptor;

/** One step from a snapshot to the next: plain data, applied in order. */
export type CatalogChange =
  | { readonly change: 'put'; readonly object: ObjectDescriptor }
  | { readonly change: 'drop'; readonly oid: Oid }
  /** Moves the OID and storage id counters, so that applying the log never hands one out twice. */
  | { readonly change: 'counters'; readonly nextOid: Oid; readonly nextStorageId: number };

/** Everything with a name, at one version. Lookups by name are exact (already case-folded). */
export interface CatalogSnapshot {
  readonly version: number;
  readonly databaseName: string;
  readonly databaseOid: Oid;
  readonly nextOid: Oid;
  readonly nextStorageId: number;

  schemaByName(name: string): SchemaDescriptor | undefined;
  schema(oid: Oid): SchemaDescriptor | undefined;
  schemas(): Iterable<SchemaDescriptor>;

  relation(oid: Oid): RelationDescriptor | undefined;
  relationByName(schema: Oid, name: string): RelationDescriptor | undefined;
  relations(): Iterable<RelationDescriptor>;
  /** The table, view or virtual table whose row type (or array of it) has this OID. */
  relationByRowType(typeOid: Oid): ReadableRelation | undefined;
  relationByRowTypeName(schema: Oid, name: string): ReadableRelation | undefined;
  indexesOf(table: Oid): readonly IndexDescriptor[];
  constraint(
    oid: Oid,
  ): { readonly table: TableDescriptor; readonly constraint: ConstraintDescriptor } | undefined;

  role(oid: Oid): RoleDescriptor | undefined;
  roleByName(name: string): RoleDescriptor | undefined;
  roles(): Iterable<RoleDescriptor>;

  object(oid: Oid): ObjectDescriptor | undefined;
  /** The next snapshot. The receiver is unchanged. */
  apply(changes: readonly CatalogChange[]): CatalogSnapshot;
  /** Every object, in OID order, as changes that rebuild this snapshot from an empty one. */
  dump(): CatalogChange[];
}

/** Columns that a query can see, in order. */
export function liveColumns(relation: {
  readonly columns: readonly ColumnDescriptor[];
}): readonly ColumnDescriptor[] {
  return relation.columns.filter((column) => column.dropped !== true);
}
