/** DDL is refused in a read-only transaction. */
import { dbError } from '../../errors/db-error.ts';
import type { SessionContext } from '../session-context.ts';

const COMMAND =
  /^(create|alter|drop)\s+(?:or\s+replace\s+|unique\s+|unlogged\s+|temp(?:orary)?\s+|global\s+|local\s+|recursive\s+)*(\w+)/i;

/** The command's name as its tag has it, from its text. */
function commandName(text: string): string {
  const match = COMMAND.exec(text);
  if (match !== null) return `${match[1]} ${match[2]}`.toUpperCase();
  const word = (/^\w+/.exec(text)?.[0] ?? 'this command').toUpperCase();
  return word === 'TRUNCATE' ? 'TRUNCATE TABLE' : word;
}

export function requireWritable(session: SessionContext, text: string): void {
  if (!session.settings.isOn('transaction_read_only')) return;
  throw dbError(
    'read_only_sql_transaction',
    `cannot execute ${commandName(text)} in a read-only transaction`,
  );
}
