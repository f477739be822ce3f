/** Statement kinds to what runs them. */
import { notSupported } from '../errors/db-error.ts';
import { nodeKind } from '../parse/ast.ts';
import type { ParsedStatement } from '../parse/parser.ts';
import type { Oid } from '../types/type.ts';
import { copyExecutable } from './copy/copy.ts';
import { alterTable } from './ddl/alter-table/alter-table.ts';
import { commentOn } from './ddl/comment.ts';
import { createIndex } from './ddl/create-index.ts';
import { createTable } from './ddl/create-table.ts';
import { createTableAs } from './ddl/create-table-as.ts';
import { createView } from './ddl/create-view.ts';
import { alterDatabaseSet } from './ddl/database.ts';
import { dropObjects } from './ddl/drop.ts';
import { alterExtension, createExtension } from './ddl/extension.ts';
import { grantPrivileges } from './ddl/grant.ts';
import { grantRole } from './ddl/grant-role.ts';
import { alterOwner } from './ddl/owner.ts';
import { requireWritable } from './ddl/read-only.ts';
import { renameObject, setSchema } from './ddl/rename.ts';
import { alterRole, alterRoleSet, createRole, dropRole } from './ddl/roles.ts';
import { createSchema } from './ddl/schema.ts';
import { alterSequence, createSequence } from './ddl/sequence.ts';
import { truncate } from './ddl/truncate.ts';
import { commandExecutable, type Executable } from './executable.ts';
import { queryExecutable } from './query.ts';
import type { SessionContext } from './session-context.ts';
import { closeCursor, declareCursor, fetchExecutable } from './utility/cursor.ts';
import { explainedStatement, explainExecutable } from './utility/explain.ts';
import { lockTables } from './utility/lock.ts';
import { deallocate, executeExecutable, prepareStatement } from './utility/prepare.ts';
import { discard, setStatement, showExecutable } from './utility/settings.ts';
import { transactionExecutable } from './utility/transaction.ts';
import { checkpointStatement, vacuum } from './utility/maintenance.ts';
import { listen, notify, unlisten } from './utility/notify.ts';

/** Whether a statement is planned as a whole, and not a part of it for a command. */
export function isQuery({ node }: ParsedStatement): boolean {
  if ('SelectStmt' in node) return node.SelectStmt.intoClause === undefined;
  return (
    'InsertStmt' in node || 'UpdateStmt' in node || 'DeleteStmt' in node || 'MergeStmt' in node
  );
}

/** What of a statement is planned before it runs: of EXPLAIN the query that it explains. */
export function plannedPart(statement: ParsedStatement): ParsedStatement | undefined {
  const { node } = statement;
  const part = 'ExplainStmt' in node ? explainedStatement(node.ExplainStmt, statement) : statement;
  return isQuery(part) ? part : undefined;
}

/** Analyses one statement into something a portal can run. `sql` is the whole source text. */
export function statementExecutable(
  session: SessionContext,
  statement: ParsedStatement,
  sql: string,
  parameterTypes: readonly Oid[],
): Executable {
  const { node } = statement;
  if ('SelectStmt' in node && node.SelectStmt.intoClause !== undefined) {
    const select = node.SelectStmt;
    return commandExecutable((call) => {
      requireWritable(session, 'select into');
      return createTableAs(session, { query: node, into: select.intoClause }, statement, sql, call);
    });
  }
  if (isQuery(statement)) return queryExecutable(session, statement, sql, parameterTypes);
  if ('TransactionStmt' in node) return transactionExecutable(session, node.TransactionStmt);
  if ('VariableSetStmt' in node)
    return commandExecutable(() => setStatement(session, node.VariableSetStmt), {
      takesSnapshot: false,
    });
  if ('VariableShowStmt' in node) return showExecutable(session, node.VariableShowStmt);
  if ('ExplainStmt' in node)
    return explainExecutable(session, node.ExplainStmt, statement, sql, parameterTypes);
  if ('CopyStmt' in node) return copyExecutable(session, node.CopyStmt, statement, sql);
  if ('PrepareStmt' in node)
    return commandExecutable(() => prepareStatement(session, node.PrepareStmt, statement, sql));
  if ('ExecuteStmt' in node) return executeExecutable(session, node.ExecuteStmt, sql);
  if ('FetchStmt' in node) return fetchExecutable(session, node.FetchStmt);
  return ddlExecutable(session, statement, sql);
}

function ddlExecutable(
  session: SessionContext,
  statement: ParsedStatement,
  sql: string,
): Executable {
  const { node } = statement;
  const run = (work: () => Promise<string> | string): Executable =>
    writingExecutable(session, statement, work);
  if ('CreateStmt' in node) return run(() => createTable(session, node.CreateStmt, sql));
  if ('CreateTableAsStmt' in node) {
    const create = node.CreateTableAsStmt;
    return commandExecutable((call) => {
      requireWritable(session, statement.text);
      return createTableAs(session, create, statement, sql, call);
    });
  }
  if ('IndexStmt' in node) return run(() => createIndex(session, node.IndexStmt, sql));
  if ('ViewStmt' in node) return run(() => createView(session, node.ViewStmt, statement));
  if ('CreateSchemaStmt' in node) return run(() => createSchema(session, node.CreateSchemaStmt));
  if ('CreateSeqStmt' in node) return run(() => createSequence(session, node.CreateSeqStmt));
  if ('AlterSeqStmt' in node) return run(() => alterSequence(session, node.AlterSeqStmt));
  if ('DropStmt' in node) return run(() => dropObjects(session, node.DropStmt));
  if ('TruncateStmt' in node) return run(() => truncate(session, node.TruncateStmt));
  if ('AlterTableStmt' in node) return run(() => alterTable(session, node.AlterTableStmt, sql));
  if ('RenameStmt' in node) return run(() => renameObject(session, node.RenameStmt, sql));
  if ('AlterObjectSchemaStmt' in node)
    return run(() => setSchema(session, node.AlterObjectSchemaStmt));
  if ('AlterOwnerStmt' in node) return run(() => alterOwner(session, node.AlterOwnerStmt));
  if ('CommentStmt' in node) return run(() => commentOn(session, node.CommentStmt));
  if ('AlterExtensionStmt' in node)
    return run(() => alterExtension(session, node.AlterExtensionStmt));
  if ('CreateExtensionStmt' in node)
    return run(() => createExtension(session, node.CreateExtensionStmt));
  return roleExecutable(session, statement);
}

function roleExecutable(session: SessionContext, statement: ParsedStatement): Executable {
  const { node } = statement;
  const run = (work: () => Promise<string> | string): Executable =>
    writingExecutable(session, statement, work);
  if ('CreateRoleStmt' in node) return run(() => createRole(session, node.CreateRoleStmt));
  if ('AlterRoleStmt' in node) return run(() => alterRole(session, node.AlterRoleStmt));
  if ('AlterRoleSetStmt' in node) return run(() => alterRoleSet(session, node.AlterRoleSetStmt));
  if ('AlterDatabaseSetStmt' in node)
    return run(() => alterDatabaseSet(session, node.AlterDatabaseSetStmt));
  if ('DropRoleStmt' in node) return run(() => dropRole(session, node.DropRoleStmt));
  if ('GrantRoleStmt' in node) return run(() => grantRole(session, node.GrantRoleStmt));
  if ('GrantStmt' in node) return run(() => grantPrivileges(session, node.GrantStmt));
  return adminExecutable(session, statement);
}

function writingExecutable(
  session: SessionContext,
  statement: ParsedStatement,
  work: () => Promise<string> | string,
): Executable {
  return commandExecutable(async () => {
    requireWritable(session, statement.text);
    return await work();
  });
}

function adminExecutable(session: SessionContext, statement: ParsedStatement): Executable {
  const { node } = statement;
  const run = (work: () => Promise<string> | string): Executable =>
    commandExecutable(async () => await work());
  if ('DeclareCursorStmt' in node)
    return run(() => declareCursor(session, node.DeclareCursorStmt, statement));
  if ('ClosePortalStmt' in node) return run(() => closeCursor(session, node.ClosePortalStmt));
  if ('DeallocateStmt' in node) return run(() => deallocate(session, node.DeallocateStmt));
  if ('DiscardStmt' in node) return run(() => discard(session, node.DiscardStmt));
  if ('LockStmt' in node) return run(() => lockTables(session, node.LockStmt));
  if ('VacuumStmt' in node) return run(() => vacuum(session, node.VacuumStmt));
  if ('CheckPointStmt' in node) return run(() => checkpointStatement(session));
  if ('ListenStmt' in node) return run(() => listen(session, node.ListenStmt));
  if ('UnlistenStmt' in node) return run(() => unlisten(session, node.UnlistenStmt));
  if ('NotifyStmt' in node) return run(() => notify(session, node.NotifyStmt));
  throw notSupported(statementName(nodeKind(node) ?? 'this statement'));
}

/** CreateTrigStmt becomes CREATE TRIGGER, and so on. */
function statementName(kind: string): string {
  const words = kind
    .replace(/Stmt$/, '')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toUpperCase();
  const known = new Map([
    ['CREATE TRIG', 'CREATE TRIGGER'],
    ['CREATEDB', 'CREATE DATABASE'],
    ['DROPDB', 'DROP DATABASE'],
    ['CREATE ENUM', 'CREATE TYPE ... AS ENUM'],
    ['COMPOSITE TYPE', 'CREATE TYPE'],
    ['DO', 'DO'],
    ['DEFINE', 'CREATE AGGREGATE, OPERATOR or TYPE'],
    ['RULE', 'CREATE RULE'],
    ['REFRESH MAT VIEW', 'REFRESH MATERIALIZED VIEW'],
    ['CALL', 'CALL'],
    ['CREATE STATS', 'CREATE STATISTICS'],
    ['CREATE TABLE SPACE', 'CREATE TABLESPACE'],
    ['CREATE FDW', 'CREATE FOREIGN DATA WRAPPER'],
    ['CREATE FOREIGN SERVER', 'CREATE SERVER'],
    ['CREATE EVENT TRIG', 'CREATE EVENT TRIGGER'],
    ['SEC LABEL', 'SECURITY LABEL'],
  ]);
  return known.get(words) ?? words;
}
