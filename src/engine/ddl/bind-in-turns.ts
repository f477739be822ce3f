/** Binds queries of views for DDL, however long, with turns for others. */
import { finishInTurns } from '../../base/steps.ts';
import type { ParsedStatement } from '../../parse/parser.ts';
import { StoredTexts } from '../../parse/stored-texts.ts';
import { bindSteps, type BindEnvironment, type BoundStatement } from '../../plan/binder.ts';
import { parseTurns } from '../checkpoint.ts';
import type { SessionContext } from '../session-context.ts';

export function bindInTurns(
  session: SessionContext,
  statement: ParsedStatement,
  environment: BindEnvironment,
): Promise<BoundStatement> {
  const texts = new StoredTexts();
  const turns = parseTurns(session, environment.checkTime);
  return texts.reading(
    () => finishInTurns(bindSteps(statement, { texts, ...environment }), () => turns.checkpoint()),
    turns,
  );
}
