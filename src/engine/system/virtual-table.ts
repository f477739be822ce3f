/** Definition of one virtual table: its columns and what computes its rows. */
import type { Value } from '../../types/value.ts';
import type { SessionContext } from '../session-context.ts';

export interface VirtualTable {
  /** Name in pg_catalog; the SQL views of sql/ are written over these. */
  readonly name: string;
  readonly oid: number;
  /** `name type` pairs, types by internal name (`_text` for arrays). */
  readonly columns: readonly (readonly [name: string, type: string])[];
  rows(session: SessionContext): Iterable<readonly Value[]>;
}
