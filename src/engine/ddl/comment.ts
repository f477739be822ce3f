/** COMMENT ON: kept in the descriptor of what it describes. */
import type { CatalogChange, ColumnDescriptor, ObjectDescriptor } from '../../catalog/catalog.ts';
import { dbError, notSupported } from '../../errors/db-error.ts';
import { nameList, nodeAs, type Node, type NodeBody, type RangeVar } from '../../parse/ast.ts';
import { isSuperuser, requireOwner } from '../privileges.ts';
import type { SessionContext } from '../session-context.ts';
import { withColumn } from './alter-table/target.ts';
import { databaseDescriptor } from './database-descriptor.ts';
import { mustFindRelation, mustFindSchema } from './names.ts';
import { roleByName } from './role-names.ts';

export async function commentOn(
  session: SessionContext,
  node: NodeBody<'CommentStmt'>,
): Promise<string> {
  const transaction = session.transaction.current();
  await transaction.changeCatalog([]);
  // An empty comment is none.
  const comment = node.comment === undefined || node.comment === '' ? undefined : node.comment;
  const object = described(session, node.objtype ?? '', node.object as Node, comment);
  if (object !== undefined)
    await transaction.changeCatalog([{ change: 'put', object } satisfies CatalogChange]);
  return 'COMMENT';
}

function described(
  session: SessionContext,
  type: string,
  object: Node,
  comment: string | undefined,
): ObjectDescriptor | undefined {
  const name = nodeAs(object, 'String')?.sval ?? '';
  switch (type) {
    case 'OBJECT_TABLE':
    case 'OBJECT_VIEW':
    case 'OBJECT_INDEX':
    case 'OBJECT_SEQUENCE':
      return relationComment(session, type, rangeVarOf(object), comment);
    case 'OBJECT_COLUMN':
      return columnComment(session, object, comment);
    case 'OBJECT_TABCONSTRAINT':
      return constraintComment(session, object, comment);
    case 'OBJECT_SCHEMA': {
      const schema = mustFindSchema(session.catalog(), name);
      requireOwner(session, schema);
      return { ...schema, comment };
    }
    case 'OBJECT_DATABASE': {
      if (name !== session.catalog().databaseName) {
        session.notice('WARNING', `database "${name}" does not exist`);
        return undefined;
      }
      const database = databaseDescriptor(session, name);
      requireOwner(session, database);
      return { ...database, comment };
    }
    case 'OBJECT_ROLE': {
      const role = roleByName(session, name);
      requireRoleRights(session, role.superuser);
      return { ...role, comment };
    }
    case 'OBJECT_EXTENSION':
      // pg_dump writes these for the extensions that are part of the server; their comments are fixed.
      return undefined;
    default:
      throw notSupported(`COMMENT ON ${type.replace('OBJECT_', '').replaceAll('_', ' ')}`);
  }
}

function requireRoleRights(session: SessionContext, ofSuperuser: boolean): void {
  if (isSuperuser(session)) return;
  if (ofSuperuser) throw dbError('insufficient_privilege', 'must be superuser');
  const role = session.catalog().role(session.currentUser());
  if (role?.createRole !== true)
    throw dbError('insufficient_privilege', 'must have CREATEROLE privilege');
}

function rangeVarOf(object: Node, skipLast = 0): RangeVar {
  const names = nameList(nodeAs(object, 'List')?.items);
  const parts = skipLast === 0 ? names : names.slice(0, -skipLast);
  const result: RangeVar = { relname: parts.at(-1) ?? '' };
  if (parts.length > 1) result.schemaname = parts.at(-2) as string;
  if (parts.length > 2) result.catalogname = parts.at(-3) as string;
  return result;
}

function relationComment(
  session: SessionContext,
  type: string,
  name: RangeVar,
  comment: string | undefined,
): ObjectDescriptor {
  const relation = mustFindRelation(session, name);
  requireOwner(session, relation);
  const wanted = type.replace('OBJECT_', '').toLowerCase();
  if (relation.kind === 'virtual' || relation.kind !== wanted) {
    throw dbError(
      'wrong_object_type',
      `"${relation.name}" is not ${wanted === 'index' ? 'an' : 'a'} ${wanted}`,
    );
  }
  return { ...relation, comment };
}

function columnComment(
  session: SessionContext,
  object: Node,
  comment: string | undefined,
): ObjectDescriptor {
  const name = nameList(nodeAs(object, 'List')?.items).at(-1) ?? '';
  const relation = mustFindRelation(session, rangeVarOf(object, 1));
  requireOwner(session, relation);
  if (relation.kind !== 'table' && relation.kind !== 'view') {
    throw dbError('wrong_object_type', {
      message: `cannot set comment on relation "${relation.name}"`,
      detail: `This operation is not supported for ${relation.kind === 'index' ? 'indexes' : `${relation.kind}s`}.`,
    });
  }
  const column = relation.columns.find(
    (candidate) => candidate.name === name && candidate.dropped !== true,
  );
  if (column === undefined) {
    throw dbError(
      'undefined_column',
      `column "${name}" of relation "${relation.name}" does not exist`,
    );
  }
  const columns = withColumn(relation.columns, { ...column, comment } satisfies ColumnDescriptor);
  return { ...relation, columns };
}

function constraintComment(
  session: SessionContext,
  object: Node,
  comment: string | undefined,
): ObjectDescriptor {
  const name = nameList(nodeAs(object, 'List')?.items).at(-1) ?? '';
  const table = mustFindRelation(session, rangeVarOf(object, 1));
  requireOwner(session, table);
  const constraint =
    table.kind === 'table'
      ? table.constraints.find((candidate) => candidate.name === name)
      : undefined;
  if (table.kind !== 'table' || constraint === undefined) {
    throw dbError(
      'undefined_object',
      `constraint "${name}" for table "${table.name}" does not exist`,
    );
  }
  return {
    ...table,
    constraints: table.constraints.map((each) =>
      each === constraint ? { ...each, comment } : each,
    ),
  };
}
