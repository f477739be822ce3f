/** How large the tables were that a plan reads: one that was made for a few rows is not for a million. */
import type { TableDescriptor } from '../catalog/catalog.ts';
import type { PhysicalPlan } from '../plan/physical.ts';
import type { SessionContext } from './session-context.ts';

/** A table may become so many times as large, and some rows more, before its plans are made anew. */
const GROWTH = 4;
const GROWTH_ROWS = 1_000;

interface TableSize {
  readonly table: TableDescriptor;
  readonly rows: number;
}

export class TableSizes {
  readonly #sizes: readonly TableSize[];

  private constructor(sizes: readonly TableSize[]) {
    this.#sizes = sizes;
  }

  /** Those of ordinary tables; how a hypertable is read does not depend on it. */
  static of(session: SessionContext, { reads }: PhysicalPlan): TableSizes {
    const catalog = session.catalog();
    const sizes: TableSize[] = [];
    for (const oid of reads) {
      const table = catalog.relation(oid);
      if (table?.kind !== 'table' || table.hypertable !== null) continue;
      sizes.push({ table, rows: rowsOf(session, table) });
    }
    return new TableSizes(sizes);
  }

  haveChanged(session: SessionContext): boolean {
    return this.#sizes.some(({ table, rows }) => {
      const now = rowsOf(session, table);
      return Math.max(now, rows) > Math.min(now, rows) * GROWTH + GROWTH_ROWS;
    });
  }
}

const rowsOf = (session: SessionContext, table: TableDescriptor): number =>
  session.database.storage.statistics(table).rows;
