/** Column defaults name their sequences in text, so renaming or moving a sequence changes the text. */
import type {
  CatalogChange,
  CatalogSnapshot,
  ColumnDescriptor,
  TableDescriptor,
  ViewDescriptor,
} from '../../catalog/catalog.ts';
import { quoteIdentifier } from '../../base/identifier.ts';
import type { Oid } from '../../types/type.ts';
import { parseQualifiedName } from '../qualified-name.ts';
import type { SessionContext } from '../session-context.ts';

const REGCLASS = /'((?:[^']|'')*)'::regclass/g;

/** The sequence's name as a default keeps it: qualified, so that any search_path finds it. */
export function sequenceText(schema: string, name: string): string {
  const qualified = `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
  return `'${qualified.replaceAll("'", "''")}'::regclass`;
}

function sequenceNamed(
  session: SessionContext,
  catalog: CatalogSnapshot,
  text: string,
): Oid | undefined {
  const parts = parseQualifiedName(text.replaceAll("''", "'"));
  const name = parts.at(-1) ?? '';
  if (parts.length > 1) {
    const schema = catalog.schemaByName(parts.at(-2) ?? '');
    return schema === undefined ? undefined : catalog.relationByName(schema.oid, name)?.oid;
  }
  for (const schema of session.lookupPath()) {
    const found = catalog.relationByName(schema, name);
    if (found !== undefined) return found.oid;
  }
  return undefined;
}

/** What has columns with defaults of their own. */
type WithDefaults = TableDescriptor | ViewDescriptor;

/** Tables and views with the columns whose default uses a sequence. */
export function defaultsUsing(
  session: SessionContext,
  catalog: CatalogSnapshot,
  sequence: Oid,
): { readonly table: WithDefaults; readonly column: ColumnDescriptor }[] {
  const found: { table: WithDefaults; column: ColumnDescriptor }[] = [];
  for (const table of catalog.relations()) {
    if (table.kind !== 'table' && table.kind !== 'view') continue;
    for (const column of table.columns) {
      const names = [...(column.defaultSql ?? '').matchAll(REGCLASS)].map(
        (match) => match[1] as string,
      );
      if (names.some((name) => sequenceNamed(session, catalog, name) === sequence))
        found.push({ table, column });
    }
  }
  return found;
}

/**
 * Changes that make every default name its sequences as `after` does. `before` is the catalog in which
 * the texts are right.
 */
export function renamedDefaults(
  session: SessionContext,
  before: CatalogSnapshot,
  after: CatalogSnapshot,
): CatalogChange[] {
  const changes: CatalogChange[] = [];
  for (const table of after.relations()) {
    if (
      (table.kind !== 'table' && table.kind !== 'view') ||
      !table.columns.some((column) => column.defaultSql?.includes('::regclass') === true)
    )
      continue;
    const columns = table.columns.map((column) => {
      if (column.defaultSql === null) return column;
      const defaultSql = column.defaultSql.replaceAll(
        REGCLASS,
        (text: string, name: string) => currentText(session, before, after, name) ?? text,
      );
      return defaultSql === column.defaultSql ? column : { ...column, defaultSql };
    });
    if (columns.some((column, i) => column !== table.columns[i])) {
      changes.push({ change: 'put', object: { ...table, columns } });
    }
  }
  return changes;
}

function currentText(
  session: SessionContext,
  before: CatalogSnapshot,
  after: CatalogSnapshot,
  name: string,
): string | undefined {
  const oid = sequenceNamed(session, before, name);
  const old = oid === undefined ? undefined : before.relation(oid);
  const now = oid === undefined ? undefined : after.relation(oid);
  if (old === undefined || now === undefined) return undefined;
  const [oldSchema, newSchema] = [
    before.schema(old.schema)?.name ?? '',
    after.schema(now.schema)?.name ?? '',
  ];
  if (old.name === now.name && oldSchema === newSchema) return undefined;
  return sequenceText(newSchema, now.name);
}
