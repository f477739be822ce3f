/** COPY TO STDOUT: a table's or a query's rows as text, CSV or binary. */
import { liveColumns } from '../../catalog/catalog.ts';
import { dbError } from '../../errors/db-error.ts';
import { inTurns, turn } from '../../exec/operator.ts';
import { nameList, type NodeBody, type RangeVar } from '../../parse/ast.ts';
import { parseStatements, type ParsedStatement } from '../../parse/parser.ts';
import { quoteIdentifier } from '../../base/identifier.ts';
import { findRelation, mustFindRelation } from '../ddl/names.ts';
import type { StatementCall } from '../executable.ts';
import { planAhead, planQuery, runPlanned, type PlannedQuery } from '../query.ts';
import type { ResultSink } from '../session.ts';
import type { SessionContext } from '../session-context.ts';
import { copyColumns } from './copy-from.ts';
import { CopyWriter } from './copy-writer.ts';
import { requireForcedColumns, type CopyOptions } from './options.ts';

export async function copyTo(
  session: SessionContext,
  node: NodeBody<'CopyStmt'>,
  options: CopyOptions,
  statement: ParsedStatement,
  sql: string,
  call: StatementCall,
): Promise<string> {
  const planned = await sourceQuery(session, node, statement, sql);
  const fields = planned.fields ?? [];
  if (planned.fields === null) {
    throw dbError('feature_not_supported', 'COPY query must have a RETURNING clause');
  }
  const table = node.relation && findRelation(session, node.relation);
  requireForcedColumns(
    options,
    fields.map(({ name }) => name),
    table?.kind === 'table'
      ? { name: table.name, columns: liveColumns(table).map(({ name }) => name) }
      : undefined,
  );
  const format = options.format === 'binary' ? 1 : 0;
  const writer = new CopyWriter(
    fields.map((field) => ({ name: field.name, oid: field.type.oid })),
    options,
    session.evalContext().format,
  );
  const context = session.execContext([], 0);
  const run = runPlanned(session, planned, call, undefined);
  let step = await run.next();
  call.sink.copyOutStart(
    format,
    fields.map(() => format),
  );
  await sendIfAny(call.sink, writer.header());
  let rows = 0;
  while (step.done !== true) {
    const batch = step.value;
    for (let row = 0; row < batch.length;) {
      await call.sink.copyOutRows((target) => {
        row = writer.rows(target, batch, row);
      });
      if (row === batch.length) break;
      await turn(context);
      if (!writer.isLarge(batch, row)) continue;
      await call.sink.copyOutPieces(await inTurns(writer.largeRow(batch, row++), context));
    }
    rows += batch.length;
    step = await run.next();
  }
  await sendIfAny(call.sink, writer.end());
  call.sink.copyOutDone();
  return `COPY ${rows}`;
}

async function sendIfAny(sink: ResultSink, bytes: Uint8Array | undefined): Promise<void> {
  if (bytes !== undefined) await sink.copyOutData(bytes);
}

async function sourceQuery(
  session: SessionContext,
  node: NodeBody<'CopyStmt'>,
  statement: ParsedStatement,
  sql: string,
): Promise<PlannedQuery> {
  if (node.query !== undefined) {
    const query = { ...statement, node: node.query, text: `copy ${statement.text}` };
    await planAhead(session, query, sql, []);
    return planQuery(session, query, sql, []);
  }
  const relation = mustFindRelation(session, node.relation as RangeVar);
  if (relation.kind !== 'table') {
    const kind = relation.kind === 'virtual' ? 'view' : relation.kind;
    throw dbError('wrong_object_type', {
      message: `cannot copy from ${kind} "${relation.name}"`,
      hint: relation.kind === 'view' ? 'Try the COPY (SELECT ...) TO variant.' : undefined,
    });
  }
  const columns = copyColumns(relation, nameList(node.attlist)).map((column) =>
    quoteIdentifier(column.name),
  );
  const schema = session.catalog().schema(relation.schema)?.name ?? '';
  const text = `SELECT ${columns.join(', ')} FROM ${quoteIdentifier(schema)}.${quoteIdentifier(relation.name)}`;
  return planQuery(session, parseStatements(text)[0] as ParsedStatement, text, []);
}
