/** What a case of the latency test is. */
import type { WireClient } from './wire-client.ts';

export interface LatencyCase {
  readonly name: string;
  /** Untimed; a case that has it cannot simply be run again. */
  readonly prepare?: (client: WireClient) => Promise<void>;
  readonly run: (client: WireClient) => Promise<void>;
}

/** A statement, and what has to be there before. */
export function statement(name: string, sql: string, prepare?: string): LatencyCase {
  const run = (text: string) => (client: WireClient) => client.query(text);
  return prepare === undefined
    ? { name, run: run(sql) }
    : { name, run: run(sql), prepare: run(prepare) };
}
