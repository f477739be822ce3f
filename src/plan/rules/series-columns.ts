/** Which columns of a plan are known to make out the series of a hypertable. */
import type { CatalogSnapshot, TableDescriptor } from '../../catalog/catalog.ts';
import { OID } from '../../types/type.ts';
import type { LogicalNode } from '../logical.ts';

/** Ids of a hypertable's series columns, seen through filters and projections; undefined for other plans. */
export function seriesColumns(
  node: LogicalNode,
  catalog: CatalogSnapshot,
): ReadonlySet<number> | undefined {
  switch (node.kind) {
    case 'filter':
      return seriesColumns(node.input, catalog);
    case 'project': {
      const below = seriesColumns(node.input, catalog);
      return (
        below &&
        new Set(
          node.columns.flatMap(({ id }, i) => {
            const expr = node.exprs[i];
            return expr.kind === 'column' && below.has(expr.index) ? [id] : [];
          }),
        )
      );
    }
    case 'scan': {
      const { table } = node;
      if (table.kind !== 'table' || table.hypertable === null) return undefined;
      const attnums = seriesAttnums(table, catalog);
      return new Set(node.columns.flatMap(({ id, attnum }) => (attnums.has(attnum) ? [id] : [])));
    }
    default:
      return undefined;
  }
}

/** Declared, or what an index has before the time; else storage chooses among the columns of text. */
function seriesAttnums(table: TableDescriptor, catalog: CatalogSnapshot): ReadonlySet<number> {
  const { hypertable } = table;
  if (hypertable === null) return new Set();
  if (hypertable.segmentBy !== null) return new Set(hypertable.segmentBy);
  const { timeColumn } = hypertable;
  const keys = catalog
    .indexesOf(table.oid)
    .map((index) => index.keys.map(({ column }) => column))
    .filter((key) => key.indexOf(timeColumn) > 0);
  if (keys.length > 0) return new Set(keys.flatMap((key) => key.slice(0, key.indexOf(timeColumn))));
  const texts = table.columns.filter(({ type }) => type.oid === OID.text);
  return new Set(texts.map(({ attnum }) => attnum));
}
