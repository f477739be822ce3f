/** Compares the answers to a random query. */
import type { OracleOutcome } from './pglite-oracle.ts';
import type { Outcome } from './text-session.ts';

export type Verdict = 'right' | 'wrong' | 'unjudged';

/**
 * Errors in data (class 22) may or may not happen, depending on the order in which conditions are
 * evaluated: such a query proves nothing. All other errors must agree.
 */
export function judge(
  expected: OracleOutcome | Outcome,
  actual: OracleOutcome | Outcome,
  isOrdered: boolean,
): Verdict {
  if (expected.kind === 'error' && expected.code === '0A000') return 'unjudged';
  if (expected.kind === 'error' || actual.kind === 'error') {
    if (expected.kind === 'error' && actual.kind === 'error' && expected.code === actual.code)
      return 'right';
    const codes = [expected, actual].flatMap((one) => (one.kind === 'error' ? [one.code] : []));
    return codes.every((code) => code.startsWith('22')) ? 'unjudged' : 'wrong';
  }
  return printAnswer(expected, isOrdered) === printAnswer(actual, isOrdered) ? 'right' : 'wrong';
}

export function printAnswer(outcome: OracleOutcome | Outcome, isOrdered: boolean): string {
  if (outcome.kind === 'error') return `ERROR ${outcome.code} ${outcome.message}`;
  const { fields, rows, tag } = outcome.result;
  const lines = rows.map((row) => row.map((value) => value ?? '<null>').join('|'));
  if (!isOrdered) lines.sort();
  const header = fields.map((field) => `${field.name}:${field.typeOid}`).join('|');
  return [header, ...lines, tag].join('\n');
}
