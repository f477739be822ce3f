/** Runs the permutations of a spec against a server, whichever it is, and writes down what happened. */
import type { Permutation, Spec, Step } from './spec-file.ts';

/** What one statement answered. */
export type Answer =
  | { readonly kind: 'rows'; readonly tag: string; readonly rows: readonly (string | null)[][] }
  | { readonly kind: 'error'; readonly code: string };

export interface Connection {
  run(sql: string): Promise<Answer>;
  cancel(): Promise<void>;
  close(): Promise<void>;
}

export interface Server {
  /** Opens a session in an empty database. */
  connect(): Promise<Connection>;
  clear(): Promise<void>;
  /** Comes back when each of the connections' statements has ended or waits for another session. */
  settle(running: readonly Running[]): Promise<void>;
  readonly isVarve: boolean;
}

export interface Running {
  readonly connection: Connection;
  answer: Answer | undefined;
}

interface RunningStep extends Running {
  readonly step: Step;
}

/** One line per event: an answer, or that a step waits. */
export async function runPermutation(
  server: Server,
  spec: Spec,
  permutation: Permutation,
): Promise<string[]> {
  await server.clear();
  const control = await server.connect();
  for (const { sql, varveOnly } of spec.setup) {
    if (server.isVarve || !varveOnly) await mustRun(control, sql);
  }
  const connections = new Map<string, Connection>();
  for (const [name, begin] of spec.sessions) {
    const connection = await server.connect();
    connections.set(name, connection);
    for (const sql of begin) {
      await mustRun(connection, sql.replaceAll('{level}', permutation.level));
    }
  }
  const lines: string[] = [];
  const waiting = await runSteps(server, connections, permutation.steps, lines);
  // The order of what waits still is up to nobody: it ends with its session.
  for (const { connection } of waiting) await connection.cancel();
  while (waiting.some(({ answer }) => answer === undefined)) await server.settle(waiting);
  for (const connection of connections.values()) {
    await connection.run('ROLLBACK');
    await connection.close();
  }
  for (const sql of spec.final) lines.push(`final ${describe(await control.run(sql), sql)}`);
  await control.close();
  return lines;
}

async function mustRun(connection: Connection, sql: string): Promise<void> {
  const answer = await connection.run(sql);
  if (answer.kind === 'error') throw new Error(`${answer.code} at: ${sql}`);
}

/** Returns the steps that wait at the end. */
async function runSteps(
  server: Server,
  connections: ReadonlyMap<string, Connection>,
  steps: readonly Step[],
  lines: string[],
): Promise<RunningStep[]> {
  let running: RunningStep[] = [];
  for (const step of steps) {
    if (running.some((other) => other.step.session === step.session)) {
      lines.push(`${step.name} cannot run: its session waits`);
      return running;
    }
    const connection = connections.get(step.session) as Connection;
    const started: RunningStep = { connection, step, answer: undefined };
    running.push(started);
    void connection.run(step.sql).then((answer) => (started.answer = answer));
    await server.settle(running);
    // The step itself first, then those that it set free, in the order in which they began to wait.
    for (const each of [started, ...running.filter((other) => other !== started)]) {
      if (each.answer !== undefined) {
        lines.push(`${each.step.name} ${describe(each.answer, each.step.sql)}`);
      } else if (each === started) {
        lines.push(`${step.name} waits`);
      }
    }
    running = running.filter((each) => each.answer === undefined);
  }
  return running;
}

function describe(answer: Answer, sql: string): string {
  if (answer.kind === 'error') return `ERROR ${answer.code}`;
  const rows = answer.rows.map((row) => ` (${row.map((value) => value ?? 'null').join(', ')})`);
  if (!/order by|fetch/i.test(sql)) rows.sort();
  return `${answer.tag}${rows.join('')}`;
}
