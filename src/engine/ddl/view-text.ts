/**
 * The text of a new view, made to go on meaning the same: stars become the columns that they stand for
 * now, and names that another schema of the path could come to hide get their schema.
 */
import { quoteIdentifier } from '../../base/identifier.ts';
import { finishInTurns } from '../../base/steps.ts';
import { DbError } from '../../errors/db-error.ts';
import { nodeAs } from '../../parse/ast.ts';
import { readStored, storedStatements } from '../../parse/stored-texts.ts';
import { OffsetReader } from '../../parse/position.ts';
import { checkpointOf, parseTurns } from '../checkpoint.ts';
import type { SessionContext } from '../session-context.ts';
import { bindInTurns } from './bind-in-turns.ts';
import { applyEdits, nameEnd, visitTree, type Edit } from './view-rename.ts';
import { usageSteps } from './view-usage.ts';
import { PG_CATALOG_SCHEMA_OID } from '../../catalog/catalog.ts';

/** The text to store; the text as given where the changed one would not mean the same. */
export async function settledViewSql(session: SessionContext, sql: string): Promise<string> {
  const [statement] = storedStatements(sql);
  if (statement === undefined) return sql;
  const edits = new Map<number, Edit>();
  const environment = session.bindEnvironment(sql, []);
  const offsets = new OffsetReader(sql);
  const bound = await bindInTurns(session, statement, {
    ...environment,
    onStar: (location, columns) => {
      const start = offsets.unit(location);
      const end = starEnd(sql, start);
      const names = columns.map(({ alias, name }) =>
        alias === undefined || alias === ''
          ? quoteIdentifier(name)
          : `${quoteIdentifier(alias)}.${quoteIdentifier(name)}`,
      );
      if (end !== undefined && names.length > 0)
        edits.set(start, { start, end, text: names.join(', ') });
    },
  });
  for (const edit of qualifications(session, sql)) edits.set(edit.start, edit);
  if (edits.size === 0) return sql;
  const settled = applyEdits(sql, [...edits.values()]);
  try {
    const [again] = await readStored(settled, parseTurns(session));
    if (again === undefined) return sql;
    const rebound = await bindInTurns(session, again, session.bindEnvironment(settled, []));
    const pause = checkpointOf(session);
    const [then, now] = [usageSteps(bound), usageSteps(rebound)];
    const { fingerprint } = await finishInTurns(then, pause);
    return (await finishInTurns(now, pause)).fingerprint === fingerprint ? settled : sql;
  } catch (error) {
    if (!(error instanceof DbError) || error.condition === 'query_canceled') throw error;
    // A column list that the star could stand for but nobody can write, such as two of one name.
    return sql;
  }
}

const STAR = /(?:(?:"(?:[^"]|"")*"|[\p{L}_][\p{L}\p{N}_$]*)\s*\.\s*)*\*/uy;

function starEnd(sql: string, start: number): number | undefined {
  STAR.lastIndex = start;
  return STAR.exec(sql) === null ? undefined : STAR.lastIndex;
}

/** Schemas for names that are not found in the first schema of the path. */
function qualifications(session: SessionContext, sql: string): Edit[] {
  const catalog = session.catalog();
  const path = session.lookupPath().filter((oid) => oid !== PG_CATALOG_SCHEMA_OID);
  const ctes = new Set<string>();
  const edits: Edit[] = [];
  const offsets = new OffsetReader(sql);
  const [statement] = storedStatements(sql);
  visitTree(statement?.node, (node) => {
    const cte = nodeAs(node, 'CommonTableExpr')?.ctename;
    if (cte !== undefined) ctes.add(cte);
  });
  visitTree(statement?.node, (node) => {
    const range = nodeAs(node, 'RangeVar');
    const { relname, location } = range ?? {};
    if (
      relname === undefined ||
      location === undefined ||
      range?.schemaname !== undefined ||
      ctes.has(relname)
    )
      return;
    const at = path.findIndex((schema) => catalog.relationByName(schema, relname) !== undefined);
    if (at <= 0 || catalog.relationByName(PG_CATALOG_SCHEMA_OID, relname) !== undefined) return;
    const start = offsets.unit(location);
    const end = nameEnd(sql, start);
    const schema = catalog.schema(path[at] as number)?.name ?? '';
    if (end !== undefined)
      edits.push({ start, end, text: `${quoteIdentifier(schema)}.${quoteIdentifier(relname)}` });
  });
  return edits;
}
