/**
 * What a generator gives: tables and batches of columns. Encoders turn batches into the forms that the
 * systems read, so each data set is written once and each form once.
 */
export type ColumnKind =
  | 'time'
  | 'timestamp'
  | 'text'
  | 'float'
  | 'int'
  | 'smallint'
  | 'bigint'
  | 'date';

export interface Column {
  readonly name: string;
  readonly kind: ColumnKind;
  /** Tags go before the blank of a line of line protocol, and make series. */
  readonly tag?: boolean;
  /** Digits after the point, where all values have at most so many. */
  readonly decimals?: number;
  /** Written as an integer in line protocol though the SQL column is a double. */
  readonly whole?: boolean;
  readonly nullable?: boolean;
  /** In line protocol tags stand in each line; in SQL they may be rows of another table. */
  readonly only?: 'sql' | 'line';
}

export interface Table {
  readonly name: string;
  readonly columns: readonly Column[];
  /** Columns of the indexes that PostgreSQL gets and that tell Varve its series. */
  readonly indexes: readonly (readonly string[])[];
  /** Sort key where a system wants one (ClickHouse). */
  readonly orderBy: readonly string[];
  /** Makes it a hypertable. */
  readonly timeColumn?: string;
  /** Of the hypertable, 12 hours unless said, as in TSBS. */
  readonly chunkInterval?: string;
  /** Line protocol has no lines for it. */
  readonly sqlOnly?: boolean;
}

/** Strings that columns refer to by number. */
export interface Dictionary {
  readonly words: readonly string[];
}

/** Numbers (NaN is NULL; times in microseconds, dates in days since 1970) or words (-1 is NULL). */
export type ColumnData =
  | { readonly values: Float64Array }
  | { readonly codes: Int32Array; readonly dictionary: Dictionary };

export interface Batch {
  readonly table: Table;
  readonly rows: number;
  readonly columns: readonly ColumnData[];
}

export interface Dataset {
  /** Tells apart files of different data: everything that the rows depend on. */
  readonly key: string;
  readonly tables: readonly Table[];
  /** Arrays of a batch are used again after the next one is asked for. */
  batches(): Iterable<Batch>;
}

/** Rows of a batch at most, so that one of a million hosts stays small. */
export const BATCH_ROWS = 10_000;

export const START_MICROS = Date.UTC(2016, 0, 1) * 1000;
