/** `varve demo`: the main job on real data. */
import type { Argv } from 'yargs';
import { setExitCode } from '../../platform/node-process.ts';
import { programPath } from '../../platform/package-path.ts';
import { runDemo } from '../demo/demo.ts';

export function registerDemo(program: Argv): Argv {
  return program.command(
    'demo',
    'Load three million flights into a fresh server and query them',
    (command) =>
      command
        .option('port', {
          type: 'number',
          default: 0,
          requiresArg: true,
          describe: 'PostgreSQL port, 0 for any free one',
        })
        .option('exit', {
          type: 'boolean',
          default: false,
          describe: 'Stop the server at the end instead of leaving it up',
        }),
    async ({ port, exit }) => {
      setExitCode(await runDemo({ program: programPath(), port: port ?? 0, exit: exit === true }));
    },
  );
}
