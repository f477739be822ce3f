/** SQL PREPARE, EXECUTE and DEALLOCATE; one name space with the protocol's prepared statements. */
import { dbError } from '../../errors/db-error.ts';
import { nodeAs, type NodeBody, type TypeName } from '../../parse/ast.ts';
import type { ParsedStatement } from '../../parse/parser.ts';
import { OID, sqlType } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import { columnType } from '../ddl/column-definition.ts';
import { isQuery, statementExecutable } from '../dispatch.ts';
import type { Executable } from '../executable.ts';
import { evaluateNode } from '../expressions.ts';
import type { PreparedStatement } from '../prepared-statement.ts';
import { planAhead } from '../query.ts';
import type { SessionContext } from '../session-context.ts';

export async function prepareStatement(
  session: SessionContext,
  node: NodeBody<'PrepareStmt'>,
  statement: ParsedStatement,
  sql: string,
): Promise<string> {
  const name = node.name ?? '';
  if (session.statements.has(name)) {
    throw dbError('duplicate_prepared_statement', `prepared statement "${name}" already exists`);
  }
  const types = (node.argtypes ?? []).map(
    (type) => columnType(session, nodeAs(type, 'TypeName') as TypeName, sql).oid,
  );
  const inner: ParsedStatement = {
    ...statement,
    node: node.query as NonNullable<typeof node.query>,
  };
  if (isQuery(inner)) await planAhead(session, inner, sql, types);
  const executable = statementExecutable(session, inner, sql, types);
  const prepareMicros = session.database.env.clock.nowMicros();
  session.statements.set(name, {
    name,
    sql,
    executable,
    fromSql: true,
    prepareMicros,
  });
  return 'PREPARE';
}

/** What EXECUTE names, and the values that it gives for the parameters. */
export interface Execution {
  readonly target: Executable;
  parameters(): Value[];
}

export function executionOf(
  session: SessionContext,
  node: NodeBody<'ExecuteStmt'>,
  sql: string,
): Execution {
  const prepared = mustFind(session, node.name ?? '');
  const target = prepared.executable;
  if (target === undefined)
    throw dbError('invalid_sql_statement_name', 'prepared statement is empty');
  const args = node.params ?? [];
  if (args.length !== target.parameterTypes.length) {
    throw dbError('syntax_error', {
      message: `wrong number of parameters for prepared statement "${prepared.name}"`,
      detail: `Expected ${target.parameterTypes.length} parameters but got ${args.length}.`,
    });
  }
  return {
    target,
    parameters: () =>
      args.map((arg, i) =>
        evaluateNode(session, arg, sqlType(target.parameterTypes[i] ?? OID.text), sql),
      ),
  };
}

export function executeExecutable(
  session: SessionContext,
  node: NodeBody<'ExecuteStmt'>,
  sql: string,
): Executable {
  const { target, parameters } = executionOf(session, node, sql);
  return {
    fields: target.fields,
    parameterTypes: [],
    allowedWhenFailed: target.allowedWhenFailed,
    async *run(call) {
      return yield* target.run({ ...call, parameters: parameters() });
    },
  };
}

export function deallocate(session: SessionContext, node: NodeBody<'DeallocateStmt'>): string {
  if (node.name === undefined || node.name === '') {
    session.statements.clear();
    return 'DEALLOCATE ALL';
  }
  mustFind(session, node.name);
  session.statements.delete(node.name);
  return 'DEALLOCATE';
}

function mustFind(session: SessionContext, name: string): PreparedStatement {
  const statement = session.statements.get(name);
  if (statement !== undefined) return statement;
  throw dbError('invalid_sql_statement_name', `prepared statement "${name}" does not exist`);
}
