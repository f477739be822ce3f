/** `varve start`: runs a server. */
import type { Argv } from 'yargs';
import type { Actions } from '../command.ts';

export function registerStart(program: Argv, actions: Actions): Argv {
  return program.command(
    'start',
    'Run a server until SIGTERM or SIGINT',
    (command) =>
      command
        .option('data', { type: 'string', requiresArg: true, describe: 'Directory for all data' })
        .option('listen', {
          type: 'string',
          requiresArg: true,
          describe: 'Address to listen on [default: 127.0.0.1]',
        })
        .option('port', {
          type: 'number',
          requiresArg: true,
          describe: 'PostgreSQL port, 0 for any free one [default: 5432]',
        })
        .option('http-port', {
          type: 'number',
          requiresArg: true,
          describe: 'HTTP port [default: 8086]',
        })
        .option('config', {
          type: 'string',
          requiresArg: true,
          describe: 'File of "name = value" lines',
        })
        .option('tls-cert', {
          type: 'string',
          requiresArg: true,
          describe: 'PEM file of the TLS certificate',
        })
        .option('tls-key', {
          type: 'string',
          requiresArg: true,
          describe: 'PEM file of its private key',
        }),
    (flags) => actions.serve(flags),
  );
}
