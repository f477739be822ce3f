/** DROP COLUMN: the column stays in the catalog under a dead name, its rows keep their bytes. */
import type {
  CatalogChange,
  ColumnDescriptor,
  TableDescriptor,
  ViewDescriptor,
} from '../../../catalog/catalog.ts';
import { dbError } from '../../../errors/db-error.ts';
import type { Oid } from '../../../types/type.ts';
import type { SessionContext } from '../../session-context.ts';
import { describeObject, relationsOfView, userViews } from '../dependencies.ts';
import { dropAll } from '../drop.ts';
import { readUsages, viewUsage } from '../view-usage.ts';
import { columnsOfIndex } from './stored-sql.ts';
import { currentTable, mustColumn, putTable, SYSTEM_COLUMNS, type AlterTarget } from './target.ts';

export async function dropColumn(
  target: AlterTarget,
  name: string,
  options: { readonly missingOk: boolean; readonly cascade: boolean },
): Promise<void> {
  const { session } = target;
  const table = currentTable(target);
  const exists = table.columns.some((column) => column.name === name && column.dropped !== true);
  if (!exists && SYSTEM_COLUMNS.has(name)) {
    throw dbError('feature_not_supported', `cannot drop system column "${name}"`);
  }
  if (!exists && options.missingOk) {
    session.notice(
      'NOTICE',
      `column "${name}" of relation "${table.name}" does not exist, skipping`,
    );
    return;
  }
  const column = mustColumn(table, name);
  refuseDimension(table, column);
  await dropViewsOn(session, table, column, options.cascade);
  const indexes = session
    .catalog()
    .indexesOf(table.oid)
    .filter((index) => columnsOfIndex(session, table, index).has(column.attnum));
  const gone = new Set<Oid>(indexes.map((index) => index.oid));
  const changes: CatalogChange[] = [...gone].map((oid) => ({ change: 'drop', oid }));
  for (const relation of session.catalog().relations()) {
    if (relation.kind !== 'sequence' || relation.ownedBy?.table !== table.oid) continue;
    if (relation.ownedBy.column === column.attnum)
      changes.push({ change: 'drop', oid: relation.oid });
  }
  await putTable(target, withoutColumn(table, column, gone), changes);
}

function refuseDimension(table: TableDescriptor, { attnum }: ColumnDescriptor): void {
  const { hypertable } = table;
  const isSpace =
    hypertable?.spaceDimensions.some((dimension) => dimension.column === attnum) === true;
  if (hypertable?.timeColumn !== attnum && !isSpace) return;
  throw dbError('feature_not_supported', {
    message: 'cannot drop column named in partition key',
    detail: 'Cannot drop column that is a hypertable partitioning (space or time) dimension.',
  });
}

/** User views whose query uses a column. */
export async function viewsUsing(
  session: SessionContext,
  table: Oid,
  attnum: number,
): Promise<ViewDescriptor[]> {
  const catalog = session.catalog();
  await readUsages(session, catalog, userViews(catalog));
  return [...userViews(catalog)].filter(
    (view) => viewUsage(session, catalog, view)?.columns.get(table)?.has(attnum) === true,
  );
}

/** `view v depends on column c of table t`, or on the view through which it sees the column. */
function dependency(
  session: SessionContext,
  table: TableDescriptor,
  column: string,
  views: readonly ViewDescriptor[],
  view: ViewDescriptor,
): string {
  const named = relationsOfView(session, session.catalog(), view);
  const through = named.has(table.oid) ? undefined : views.find(({ oid }) => named.has(oid));
  const on = through === undefined ? column : describeObject(session, through);
  return `${describeObject(session, view)} depends on ${on}`;
}

async function dropViewsOn(
  session: SessionContext,
  table: TableDescriptor,
  column: ColumnDescriptor,
  cascade: boolean,
): Promise<void> {
  const views = await viewsUsing(session, table.oid, column.attnum);
  const [first] = views;
  if (first === undefined) return;
  const name = `column ${column.name} of ${describeObject(session, table)}`;
  if (!cascade) {
    throw dbError('dependent_objects_still_exist', {
      message: `cannot drop ${name} because other objects depend on it`,
      detail: views.map((view) => dependency(session, table, name, views, view)).join('\n'),
      hint: 'Use DROP ... CASCADE to drop the dependent objects too.',
    });
  }
  const lines = views.map((view) => `drop cascades to ${describeObject(session, view)}`);
  if (lines.length === 1) session.notice('NOTICE', lines[0] as string);
  else session.notice('NOTICE', `drop cascades to ${lines.length} other objects`, lines.join('\n'));
  await dropAll(session, views, true);
}

function withoutColumn(
  table: TableDescriptor,
  column: ColumnDescriptor,
  goneIndexes: ReadonlySet<Oid>,
): TableDescriptor {
  const dead: ColumnDescriptor = {
    attnum: column.attnum,
    name: `........pg.dropped.${column.attnum}........`,
    type: column.type,
    notNull: false,
    defaultSql: null,
    identity: '',
    dropped: true,
  };
  const { hypertable } = table;
  return {
    ...table,
    columns: table.columns.map((candidate) =>
      candidate.attnum === column.attnum ? dead : candidate,
    ),
    constraints: table.constraints.filter((constraint) =>
      constraint.kind === 'check'
        ? !constraint.columns.includes(column.attnum)
        : !goneIndexes.has(constraint.index),
    ),
    hypertable:
      hypertable === null || hypertable.segmentBy === null
        ? hypertable
        : {
            ...hypertable,
            segmentBy: hypertable.segmentBy.filter((attnum) => attnum !== column.attnum),
          },
    schemaVersion: table.schemaVersion + 1,
  };
}
