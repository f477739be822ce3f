/** What a case of the latency test is. */
import type { WireClient } from './wire-client.ts';

export interface LatencyCase {
  readonly name: string;
  /** The case that makes what this one reads. */
  readonly after?: string;
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

/** Cases that read what another case makes. */
export function after(name: string, cases: readonly LatencyCase[]): LatencyCase[] {
  return cases.map((each) => ({ after: name, ...each }));
}

/** The cases whose names a pattern takes, and those that have to run before them. */
export function selectCases(
  cases: readonly LatencyCase[],
  names: RegExp,
): ReadonlySet<LatencyCase> {
  const selected = new Set<LatencyCase>();
  for (let i = cases.length - 1; i >= 0; i--) {
    const each = cases[i];
    const isNeeded = [...selected].some((other) => other.after === each.name);
    if (isNeeded || names.test(each.name)) selected.add(each);
  }
  return selected;
}
