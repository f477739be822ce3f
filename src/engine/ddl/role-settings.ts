/** Settings kept for new sessions: ALTER ROLE ... SET and ALTER DATABASE ... SET. */
import type { NodeBody } from '../../parse/ast.ts';
import type { SessionContext } from '../session-context.ts';
import { SessionSettings } from '../settings/session-settings.ts';
import { settingText } from '../utility/settings.ts';

type Settings = readonly (readonly [string, string])[];

/** The list after a SET or RESET; the value must be one that SET would take. */
export function changedSettings(
  session: SessionContext,
  settings: Settings,
  statement: NodeBody<'VariableSetStmt'>,
): Settings {
  const name = statement.name ?? '';
  const others = settings.filter(([key]) => key.toLowerCase() !== name.toLowerCase());
  switch (statement.kind) {
    case 'VAR_RESET_ALL':
      return [];
    case 'VAR_RESET':
    case 'VAR_SET_DEFAULT':
      session.settings.mustGet(name);
      return others;
    case 'VAR_SET_CURRENT':
      return [...others, [name, session.settings.mustGet(name)]];
    default: {
      const value = settingText(session, name, statement.args ?? []);
      new SessionSettings().set(name, value, false, false);
      return [...others, [name, value]];
    }
  }
}
