/** pg_attribute: the columns of every relation, hidden ones and those of indexes included. */
import type {
  CatalogSnapshot,
  ColumnDescriptor,
  IndexDescriptor,
  RelationDescriptor,
  TableDescriptor,
} from '../../../catalog/catalog.ts';
import { typeInfo } from '../../../types/type-table.ts';
import { OID, sqlType, type Oid, type SqlType } from '../../../types/type.ts';
import type { SessionContext } from '../../session-context.ts';
import { bindTableSql } from '../../system-context.ts';
import { relationKind } from '../relation-kind.ts';
import { typeCollation } from '../type-facts.ts';
import { versionedTable, perObject, type Row } from '../virtual-table.ts';

interface Attribute {
  readonly relation: Oid;
  readonly name: string;
  readonly attnum: number;
  readonly type: SqlType;
  readonly column?: ColumnDescriptor | undefined;
  /** Texts of the catalogs sort by C. */
  readonly isCatalog?: boolean;
}

const C_COLLATION = 950;

function attributeRow({ relation, name, attnum, type, column, isCatalog }: Attribute): Row {
  // Row types and arrays of them are the only types that are not built in.
  const info = typeInfo(type.oid) ?? typeInfo(OID.record);
  const isDropped = column?.dropped === true;
  return [
    relation,
    isDropped ? `........pg.dropped.${attnum}........` : name,
    isDropped ? 0 : type.oid,
    attnum < 0 || isDropped ? 0 : -1,
    info?.length ?? -1,
    attnum,
    info?.isArray === true ? 1 : 0,
    -1,
    type.typmod,
    info?.byValue ?? false,
    info?.alignment ?? 'd',
    info?.storage ?? 'x',
    '',
    attnum < 0 || (column?.notNull === true && !isDropped),
    column === undefined || isDropped ? false : hasDefault(column),
    column?.missingText !== undefined,
    column?.identity ?? '',
    column?.generatedSql === undefined ? '' : 's',
    isDropped,
    true,
    0,
    isCatalog === true && typeCollation(type.oid) !== 0 ? C_COLLATION : typeCollation(type.oid),
    null,
    null,
    null,
    null,
  ];
}

function hasDefault(column: ColumnDescriptor): boolean {
  return column.defaultSql !== null || column.generatedSql !== undefined;
}

const HIDDEN: readonly (readonly [name: string, type: Oid])[] = [
  ['ctid', OID.tid],
  ['xmin', OID.xid],
  ['cmin', OID.cid],
  ['xmax', OID.xid],
  ['cmax', OID.cid],
  ['tableoid', OID.oid],
];

const SEQUENCE_COLUMNS: readonly (readonly [name: string, type: Oid])[] = [
  ['last_value', OID.int8],
  ['log_cnt', OID.int8],
  ['is_called', OID.bool],
];

/** Rows of anything but an index; they depend on the descriptor alone. */
const relationAttributes = perObject(
  (relation: Exclude<RelationDescriptor, IndexDescriptor>): Row[] => {
    const rows: Row[] = [];
    if (relation.kind === 'sequence') {
      for (const [i, [name, type]] of SEQUENCE_COLUMNS.entries()) {
        const column = {
          attnum: i + 1,
          name,
          type: sqlType(type),
          notNull: true,
          defaultSql: null,
          identity: '',
        } as const;
        rows.push(
          attributeRow({ relation: relation.oid, name, attnum: i + 1, type: column.type, column }),
        );
      }
    } else {
      for (const column of relation.columns) {
        const { name, attnum, type } = column;
        rows.push(attributeRow({ relation: relation.oid, name, attnum, type, column }));
      }
    }
    if (relationKind(relation) === 'v') return rows;
    for (const [i, [name, type]] of HIDDEN.entries()) {
      rows.push(
        attributeRow({ relation: relation.oid, name, attnum: -1 - i, type: sqlType(type) }),
      );
    }
    return rows;
  },
);

/** PostgreSQL names an expression's column after its function, else `expr`. */
function expressionName(sql: string): string {
  const call = /^\(*(?:[a-z_]\w*\.)?([a-z_]\w*)\(/i.exec(sql);
  return call?.[1]?.toLowerCase() ?? 'expr';
}

/** The index's columns: name and type of each, names made unique by a number. */
export function* indexAttributes(
  index: IndexDescriptor,
  table: TableDescriptor,
  session: SessionContext,
): Iterable<{ readonly name: string; readonly type: SqlType }> {
  const taken = new Set<string>();
  const unique = (base: string): string => {
    let name = base;
    for (let n = 1; taken.has(name); n++) name = `${base}${n}`;
    taken.add(name);
    return name;
  };
  const columns = new Map(table.columns.map((column) => [column.attnum, column]));
  for (const key of index.keys) {
    const column = columns.get(key.column);
    if (column !== undefined) {
      yield { name: unique(column.name), type: column.type };
    } else {
      const sql = key.expressionSql ?? '';
      yield {
        name: unique(expressionName(sql)),
        type: bindTableSql(session.database, table, sql).type,
      };
    }
  }
  for (const attnum of index.include) {
    const column = columns.get(attnum);
    if (column !== undefined) yield { name: unique(column.name), type: column.type };
  }
}

function* indexRows(
  index: IndexDescriptor,
  catalog: CatalogSnapshot,
  session: SessionContext,
): Iterable<Row> {
  const table = catalog.relation(index.table);
  if (table?.kind !== 'table') return;
  let attnum = 0;
  for (const { name, type } of indexAttributes(index, table, session)) {
    attnum++;
    yield attributeRow({ relation: index.oid, name, attnum, type });
  }
}

export const pgAttribute = versionedTable('pg_attribute', function* (catalog, session) {
  for (const relation of catalog.relations()) {
    if (relation.kind === 'index') yield* indexRows(relation, catalog, session);
    else yield* relationAttributes(relation);
  }
});
