/** What a command of the `varve` program is, and what it may call. */
import type { Argv } from 'yargs';

/** Flags as the user gave them; undefined where a flag is missing. */
export interface StartFlags {
  readonly data?: string | undefined;
  readonly listen?: string | undefined;
  readonly port?: number | undefined;
  readonly httpPort?: number | undefined;
  readonly config?: string | undefined;
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
}

/** The parts of the program behind the commands, handed in by its entry. */
export interface Actions {
  /** Runs a server until it is told to stop. */
  readonly serve: (flags: StartFlags) => Promise<void>;
}

/** Adds one command to the program. */
export type CommandRegistration = (program: Argv, actions: Actions) => Argv;
