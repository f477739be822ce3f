/** The `varve` program's commands and options. */
import yargs from 'yargs';
import { VARVE_VERSION } from '../base/version.ts';
import { DbError } from '../errors/db-error.ts';
import { setExitCode, terminalColumns, writeErr, writeOut } from '../platform/node-process.ts';
import type { Actions, CommandRegistration } from './command.ts';
import { registerDemo } from './commands/demo.ts';
import { registerStart } from './commands/start.ts';
import { registerVersion } from './commands/version.ts';

/** One file in commands/ each. */
const COMMANDS: readonly CommandRegistration[] = [registerStart, registerDemo, registerVersion];

/** Runs one command. A failure is one line on standard error and a non-zero exit code. */
export async function runCommandLine(words: readonly string[], actions: Actions): Promise<void> {
  const base = yargs([...words])
    .scriptName('varve')
    .usage('$0 <command>')
    .version(VARVE_VERSION)
    .help()
    .strict()
    .demandCommand(1, 'no command given; see varve --help')
    .parserConfiguration({ 'duplicate-arguments-array': false })
    .wrap(terminalColumns() ?? 100)
    .exitProcess(false)
    .showHelpOnFail(false)
    .fail((message: string, error: Error | undefined) => {
      throw error ?? new UsageError(message);
    });
  const program = COMMANDS.reduce((argv, register) => register(argv, actions), base);
  try {
    await program.parseAsync([...words], {}, (_error, _arguments, output) => {
      if (output !== '') writeOut(`${output}\n`);
    });
  } catch (error) {
    writeErr(`varve: ${failureLine(error)}\n`);
    setExitCode(error instanceof UsageError ? 2 : 1);
  }
}

/** The user wrote a command that makes no sense. */
class UsageError extends Error {
  override name = 'UsageError';
}

/** What went wrong in one line. */
function failureLine(error: unknown): string {
  const parts = [error instanceof Error ? error.message : String(error)];
  if (error instanceof DbError) {
    for (const part of [error.fields.detail, error.fields.hint]) {
      if (part !== undefined) parts.push(part);
    }
  }
  return parts.join('; ').replace(/\s*\n\s*/g, ' ');
}
