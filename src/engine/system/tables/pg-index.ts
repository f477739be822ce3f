/** pg_index: what pg_class does not say about indexes. */
import type { CatalogSnapshot, IndexDescriptor } from '../../../catalog/catalog.ts';
import type { SessionContext } from '../../session-context.ts';
import { accessMethodOid, defaultOperatorClass } from '../access-methods.ts';
import { typeCollation } from '../type-facts.ts';
import { versionedTable, int2Vector, oidVector, type Row } from '../virtual-table.ts';
import { indexAttributes } from './pg-attribute.ts';

const DESCENDING = 1;
const NULLS_FIRST = 2;

function indexRow(
  index: IndexDescriptor,
  catalog: CatalogSnapshot,
  session: SessionContext,
): Row | undefined {
  const table = catalog.relation(index.table);
  if (table?.kind !== 'table') return undefined;
  const keyTypes = [...indexAttributes(index, table, session)]
    .slice(0, index.keys.length)
    .map(({ type }) => type.oid);
  const method = accessMethodOid(index.method);
  const expressions = index.keys
    .filter((key) => key.column === 0)
    .map((key) => key.expressionSql ?? '');
  const options = index.keys.map(
    (key) => (key.descending ? DESCENDING : 0) | (key.nullsFirst ? NULLS_FIRST : 0),
  );
  return [
    index.oid,
    index.table,
    index.keys.length + index.include.length,
    index.keys.length,
    // indisunique ... indisreplident
    index.unique,
    index.nullsNotDistinct,
    index.primary,
    false,
    true,
    false,
    true,
    false,
    true,
    true,
    false,
    int2Vector([...index.keys.map((key) => key.column), ...index.include]),
    oidVector(keyTypes.map(typeCollation)),
    oidVector(keyTypes.map((type) => defaultOperatorClass(method, type))),
    int2Vector(options),
    expressions.length === 0 ? null : expressions.join(', '),
    index.predicateSql ?? null,
  ];
}

export const pgIndex = versionedTable('pg_index', function* (catalog, session) {
  for (const relation of catalog.relations()) {
    if (relation.kind !== 'index') continue;
    const row = indexRow(relation, catalog, session);
    if (row !== undefined) yield row;
  }
});
