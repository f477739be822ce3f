/** CREATE TABLE ... AS and SELECT INTO. */
import { finishInTurns } from '../../base/steps.ts';
import { prepareValues } from '../../exec/prepare-values.ts';
import type { ColumnDescriptor, TableDescriptor } from '../../catalog/catalog.ts';
import { dbError, notSupported } from '../../errors/db-error.ts';
import { execute } from '../../exec/build.ts';
import { compilePlan } from '../../exec/compile-plan.ts';
import { nameList, type NodeBody, type RangeVar } from '../../parse/ast.ts';
import type { ParsedStatement } from '../../parse/parser.ts';
import { OID, sqlType } from '../../types/type.ts';
import { checkpointOf } from '../checkpoint.ts';
import type { StatementCall } from '../executable.ts';
import { checkPlanPrivileges } from '../privileges.ts';
import { planAhead, planQuery } from '../query.ts';
import type { SessionContext } from '../session-context.ts';
import { noteExisting, requireFreeName } from './names.ts';
import { creationSchemaFor, isTemporary, refuseOnCommit } from './temporary.ts';

type CreateNode = Pick<
  NodeBody<'CreateTableAsStmt'>,
  'query' | 'into' | 'if_not_exists' | 'objtype'
>;

export async function createTableAs(
  session: SessionContext,
  node: CreateNode,
  statement: ParsedStatement,
  sql: string,
  call: StatementCall,
): Promise<string> {
  if (node.objtype === 'OBJECT_MATVIEW') throw notSupported('a materialized view');
  const into = node.into;
  const name = into?.rel as RangeVar;
  refuseOnCommit(into?.onCommit);
  const schema = await creationSchemaFor(session, name);
  const relname = name.relname ?? '';
  if (
    node.if_not_exists === true &&
    session.catalog().relationByName(schema, relname) !== undefined
  ) {
    noteExisting(session, 'duplicate_table', `relation "${relname}"`);
    return 'CREATE TABLE AS';
  }
  requireFreeName(session.catalog(), schema, relname);
  const query = withoutInto(node.query as NonNullable<CreateNode['query']>);
  const inner = { ...statement, node: query, text: `as ${statement.text}` };
  await planAhead(session, inner, sql, []);
  const planned = planQuery(session, inner, sql, []);
  checkPlanPrivileges(session, planned.plan);
  const transaction = session.transaction.current();
  await transaction.changeCatalog([]);
  const table: TableDescriptor = {
    kind: 'table',
    oid: await transaction.allocateOid(),
    name: relname,
    schema,
    owner: session.currentUser(),
    rowType: await transaction.allocateOid(),
    rowArrayType: await transaction.allocateOid(),
    columns: columnsFrom(planned.fields ?? [], nameList(into?.colNames)),
    constraints: [],
    hypertable: null,
    persistence: isTemporary(name)
      ? 'temporary'
      : name.relpersistence === 'u'
        ? 'unlogged'
        : 'permanent',
    options: [],
    schemaVersion: 1,
    storageId: await transaction.allocateStorageId(),
  };
  await transaction.changeCatalog([{ change: 'put', object: table }]);
  if (into?.skipData === true) return 'CREATE TABLE AS';
  let rows = 0;
  await finishInTurns(compilePlan(planned.plan.root), checkpointOf(session));
  const context = session.execContext(call.parameters, planned.plan.execParams);
  for await (const batch of execute(planned.plan.root, context)) {
    await prepareValues(batch, context);
    await transaction.insert(table, batch, { onConflict: 'error', arbiters: [] });
    rows += batch.length;
  }
  return `SELECT ${rows}`;
}

function withoutInto(query: NonNullable<CreateNode['query']>): NonNullable<CreateNode['query']> {
  if (!('SelectStmt' in query)) throw notSupported('CREATE TABLE AS EXECUTE');
  const { intoClause: _dropped, ...select } = query.SelectStmt;
  return { SelectStmt: select };
}

function columnsFrom(
  fields: readonly {
    readonly name: string;
    readonly type: { readonly oid: number; readonly typmod: number };
  }[],
  aliases: readonly string[],
): ColumnDescriptor[] {
  if (aliases.length > fields.length)
    throw dbError('syntax_error', 'too many column names were specified');
  const names = new Set<string>();
  return fields.map((field, i) => {
    const name = aliases[i] ?? field.name;
    if (names.has(name))
      throw dbError('duplicate_column', `column "${name}" specified more than once`);
    names.add(name);
    const type = field.type.oid === OID.unknown ? sqlType(OID.text) : field.type;
    return { attnum: i + 1, name, type, notNull: false, defaultSql: null, identity: '' };
  });
}
