/** The process that we are: arguments, environment, signals, exit. */

export function commandArguments(): readonly string[] {
  return process.argv.slice(2);
}

export function environmentVariables(): ReadonlyMap<string, string> {
  const variables = new Map<string, string>();
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined) variables.set(name, value);
  }
  return variables;
}

/** Calls back on the first SIGTERM or SIGINT; a second one ends the process at once. */
export function onStopSignal(callback: (signal: string) => void): void {
  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stopping) process.exit(130);
      stopping = true;
      callback(signal);
    });
  }
}

export function writeOut(text: string): void {
  process.stdout.write(text);
}

export function writeErr(text: string): void {
  process.stderr.write(text);
}

/** Width of the terminal, or undefined where output goes elsewhere. */
export function terminalColumns(): number | undefined {
  return process.stdout.isTTY ? process.stdout.columns : undefined;
}

export function setExitCode(code: number): void {
  process.exitCode = code;
}

export function exitNow(code: number): never {
  process.exit(code);
}

export function processId(): number {
  return process.pid;
}
