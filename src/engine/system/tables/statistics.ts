/** Statistics views. Sizes and live rows are real; work is not counted per table, so counters stay at 0. */
import type { TableDescriptor } from '../../../catalog/catalog.ts';
import { liveTable, type Row } from '../virtual-table.ts';

const COUNTERS_AFTER_ROWS = 3;

export const pgStatAllTables = liveTable('pg_stat_all_tables', function* (session) {
  const catalog = session.catalog();
  const schemaOf = (table: TableDescriptor): string | null =>
    catalog.schema(table.schema)?.name ?? null;
  for (const relation of catalog.relations()) {
    if (relation.kind !== 'table') continue;
    const { rows } = session.database.storage.statistics(relation);
    const row: Row = [
      relation.oid,
      schemaOf(relation),
      relation.name,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      rows,
      ...Array.from({ length: COUNTERS_AFTER_ROWS }, () => 0),
      null,
      null,
      null,
      null,
      0,
      0,
      0,
      0,
    ];
    yield row;
  }
});

export const pgStatDatabase = liveTable('pg_stat_database', (session) => {
  const catalog = session.catalog();
  const zeros = (count: number): number[] => Array.from({ length: count }, () => 0);
  const backends = [...session.database.sessions()].length;
  return [
    [
      catalog.databaseOid,
      catalog.databaseName,
      backends,
      ...zeros(13),
      null,
      null,
      ...zeros(9),
      null,
    ],
  ];
});

/** No session's encryption is known here: the door that speaks TLS keeps that to itself. */
export const pgStatGssapi = liveTable('pg_stat_gssapi', function* (session) {
  for (const { processId } of session.database.sessions()) yield [processId, false, null, false];
});
