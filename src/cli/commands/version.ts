/** `varve version`: the versions of the program and of PostgreSQL's behaviour. */
import type { Argv } from 'yargs';
import { PG_VERSION, VARVE_VERSION } from '../../base/version.ts';
import { writeOut } from '../../platform/node-process.ts';

export function registerVersion(program: Argv): Argv {
  return program.command(
    'version',
    'Print the version',
    (command) => command,
    () => writeOut(`varve ${VARVE_VERSION} (PostgreSQL ${PG_VERSION})\n`),
  );
}
