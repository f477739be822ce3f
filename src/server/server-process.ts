/** Runs a server as a process: its event loop is a thread's, so that signals are heard at any time. */
import { createNodeLog } from '../platform/node-log.ts';
import { onStopSignal } from '../platform/node-process.ts';
import { ServiceThread } from '../platform/service-thread.ts';
import { threadProgram } from '../platform/threads.ts';
import { errorOf, type Failure } from './outcome.ts';
import type { ServeFlags } from './serve.ts';

/** Resolves after a clean stop; rejects with what kept the server from starting. */
export async function serveInThread(flags: ServeFlags): Promise<void> {
  const program = threadProgram('serve-worker');
  if (program === undefined) throw new Error('dist/serve-worker.js is missing');
  const thread = new ServiceThread(program, { ...flags });
  // One that comes during recovery stops the server after it.
  onStopSignal(() => thread.stop());
  const failure = (await thread.ended.catch(crash)) as Failure | undefined;
  if (failure !== undefined) throw errorOf(failure);
}

/** A bug, or no memory left: the next start recovers what was acknowledged. */
function crash(error: unknown): never {
  createNodeLog('error').error('the server has crashed', { error });
  throw new Error('the server has crashed', { cause: error });
}
