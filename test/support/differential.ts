/**
 * Sends the same statements to PostgreSQL (PGlite) and to Varve and compares rows, types, command tags
 * and SQLSTATE. A statement that Varve does not support yet (0A000, 42601 or an unknown function) is
 * listed apart from a wrong answer.
 */
import type { Engine } from '../../src/engine/session.ts';
import type { PgliteOracle, OracleOutcome } from './pglite-oracle.ts';
import { TextSession, type Outcome } from './text-session.ts';

export interface Difference {
  readonly statement: string;
  readonly expected: string;
  readonly actual: string;
}

export interface Report {
  readonly compared: number;
  readonly wrong: readonly Difference[];
  readonly unsupported: readonly Difference[];
}

/** `-- unordered` in a statement compares its rows as a multiset; `-- codes` only errors and tags. */
export async function compareStatements(
  statements: readonly string[],
  oracle: PgliteOracle,
  engine: Engine,
): Promise<Report> {
  const session = await TextSession.open(engine);
  const wrong: Difference[] = [];
  const unsupported: Difference[] = [];
  for (const statement of statements) {
    const expected = await oracle.run(statement);
    const actual = await session.run(statement);
    const difference = compareOutcomes(statement, expected, actual);
    if (difference === undefined) continue;
    (isUnsupported(expected, actual) ? unsupported : wrong).push(difference);
  }
  await session.close();
  return { compared: statements.length, wrong, unsupported };
}

function compareOutcomes(
  statement: string,
  expected: OracleOutcome,
  actual: Outcome,
): Difference | undefined {
  const unordered = statement.includes('-- unordered');
  const left = printed(expected, unordered);
  const right = printed(actual, unordered);
  return left === right ? undefined : { statement, expected: left, actual: right };
}

function printed(outcome: OracleOutcome | Outcome, unordered: boolean): string {
  if (outcome.kind === 'error') return `ERROR ${outcome.code}`;
  const { fields, rows, tag } = outcome.result;
  const lines = rows.map((row) => row.map((value) => value ?? '<null>').join('|'));
  if (unordered) lines.sort();
  const header = fields.map((field) => `${field.name}:${field.typeOid}`).join('|');
  return [header, ...lines, tag].join('\n');
}

function isUnsupported(expected: OracleOutcome, actual: Outcome): boolean {
  if (actual.kind !== 'error') return false;
  if (actual.code === '0A000') return true;
  return expected.kind === 'result' && actual.code === '42883';
}

/** Splits a file of statements at semicolons that end a line; comment lines of their own are kept out. */
export function splitStatements(text: string): string[] {
  return text
    .split(/;[ \t]*(?:--[^\n]*)?\n/)
    .map((part) => part.replace(/^\s*--(?! unordered)[^\n]*\n/gm, '').trim())
    .filter((part) => part !== '');
}

export function printReport(report: Report): string {
  const show = (title: string, items: readonly Difference[]): string[] => [
    `${title}: ${items.length}`,
    ...items.map(
      (item) => `--- ${item.statement}\nexpected: ${item.expected}\nactual:   ${item.actual}`,
    ),
  ];
  return [
    `compared: ${report.compared}`,
    ...show('wrong', report.wrong),
    ...show('unsupported', report.unsupported),
  ].join('\n');
}
