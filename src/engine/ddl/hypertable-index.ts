/** The (time DESC) index that TimescaleDB makes by default: known to the catalog, free in storage. */
import type { IndexDescriptor, TableDescriptor } from '../../catalog/catalog.ts';
import type { SessionContext } from '../session-context.ts';
import { chooseName } from './names.ts';

/** Puts the default index unless an index already leads with the time column. */
export async function createTimeIndex(
  session: SessionContext,
  table: TableDescriptor,
): Promise<void> {
  const { hypertable } = table;
  if (hypertable === null) return;
  const catalog = session.catalog();
  if (catalog.indexesOf(table.oid).some((index) => index.keys[0]?.column === hypertable.timeColumn))
    return;
  const transaction = session.transaction.current();
  const column = table.columns.find((candidate) => candidate.attnum === hypertable.timeColumn);
  const index: IndexDescriptor = {
    kind: 'index',
    oid: await transaction.allocateOid(),
    name: chooseName(catalog, table.schema, [table.name, column?.name ?? 'time'], 'idx'),
    schema: table.schema,
    table: table.oid,
    keys: [{ column: hypertable.timeColumn, descending: true, nullsFirst: true }],
    include: [],
    unique: false,
    primary: false,
    nullsNotDistinct: false,
    method: 'btree',
    storageId: await transaction.allocateStorageId(),
  };
  await transaction.changeCatalog([{ change: 'put', object: index }]);
}
