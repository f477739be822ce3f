/**
 * Golden files of SQL statements. A block is a statement, a line `----`, and the output up to an empty
 * line; lines that begin with # before a block are comments and stay. Output of a query: the column
 * names, then the rows; of a command: its tag; of an error: SQLSTATE, message, detail and hint.
 */
import type { Engine } from '../../src/engine/session.ts';
import { TextSession, type Outcome } from './text-session.ts';

export interface SltBlock {
  readonly comments: readonly string[];
  readonly sql: string;
  readonly output: string;
}

export function parseSlt(text: string): SltBlock[] {
  const blocks: SltBlock[] = [];
  const lines = text.split('\n');
  let at = 0;
  while (at < lines.length) {
    const comments: string[] = [];
    while (at < lines.length && (lines[at] === '' || lines[at]?.startsWith('#') === true))
      comments.push(lines[at++] as string);
    if (at >= lines.length) break;
    const sql: string[] = [];
    while (at < lines.length && lines[at] !== '----') sql.push(lines[at++] as string);
    at++;
    const output: string[] = [];
    while (at < lines.length && lines[at] !== '') output.push(lines[at++] as string);
    blocks.push({ comments, sql: sql.join('\n'), output: output.join('\n') });
  }
  return blocks;
}

export function formatSlt(blocks: readonly SltBlock[]): string {
  const text = blocks.map(({ comments, sql, output }) =>
    [...trimmed(comments), sql, '----', ...(output === '' ? [] : [output]), ''].join('\n'),
  );
  return `${text.join('\n')}`;
}

/** One empty line between comments at most, none around them. */
function trimmed(comments: readonly string[]): string[] {
  return comments.filter(
    (line, i) => line !== '' || (i > 0 && i < comments.length - 1 && comments[i - 1] !== ''),
  );
}

/** Runs the statements in one session and answers the blocks with what came out. */
export async function runSlt(blocks: readonly SltBlock[], engine: Engine): Promise<SltBlock[]> {
  const session = await TextSession.open(engine);
  const results: SltBlock[] = [];
  for (const block of blocks)
    results.push({ ...block, output: printOutcome(await session.run(block.sql)) });
  await session.close();
  return results;
}

function printOutcome(outcome: Outcome): string {
  if (outcome.kind === 'error') {
    const { detail, hint } = outcome.error.fields;
    return [
      `ERROR ${outcome.code}: ${outcome.message}`,
      ...(detail === undefined ? [] : [`DETAIL: ${detail}`]),
      ...(hint === undefined ? [] : [`HINT: ${hint}`]),
    ].join('\n');
  }
  const { fields, rows, tag } = outcome.result;
  if (fields.length === 0) return tag;
  const lines = rows.map((row) => row.map((value) => printValue(value)).join('|'));
  const count = `(${rows.length} row${rows.length === 1 ? '' : 's'})`;
  const end = tag.startsWith('SELECT') || tag === 'EXPLAIN' ? [] : [tag];
  return [fields.map((field) => field.name).join('|'), ...lines, count, ...end].join('\n');
}

function printValue(value: string | null): string {
  if (value === null) return 'NULL';
  return value === '' ? "''" : value.replaceAll('\n', '\\n');
}
