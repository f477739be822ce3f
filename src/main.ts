/** The program's entry: hands the command line what it may start. */
import { runCommandLine } from './cli/command-line.ts';
import { commandArguments } from './platform/node-process.ts';
import { serveInThread } from './server/server-process.ts';

await runCommandLine(commandArguments(), { serve: serveInThread });
