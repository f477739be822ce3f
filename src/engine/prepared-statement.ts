/** A parsed and analysed statement under a name ('' for the unnamed one). */
import type { Executable } from './executable.ts';

export interface PreparedStatement {
  readonly name: string;
  readonly sql: string;
  /** undefined for an empty query string. */
  readonly executable: Executable | undefined;
  /** Made by SQL PREPARE rather than by a Parse message. */
  readonly fromSql: boolean;
  readonly prepareMicros: number;
}
