/** The real world, as the server and the command line use it. */
import type { Env } from '../base/env.ts';
import { createNodeClock } from './node-clock.ts';
import { createNodeDisk } from './node-disk.ts';
import { createNodeLog, type LogLevel } from './node-log.ts';
import { createNodeRandom } from './node-random.ts';
import { createNodeTimers } from './node-timers.ts';

export interface NodeEnvOptions {
  /** Least severe level written to standard error; `warn` without a choice. */
  readonly logLevel?: LogLevel;
}

/** All seams over Node.js. */
export function createNodeEnv(options: NodeEnvOptions = {}): Env {
  return {
    clock: createNodeClock(),
    random: createNodeRandom(),
    disk: createNodeDisk(),
    timers: createNodeTimers(),
    log: createNodeLog(options.logLevel ?? 'warn'),
  };
}
