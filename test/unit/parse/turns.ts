/** Parsing in turns, and what comes of it. */
import { DbError } from '../../../src/errors/db-error.ts';
import { parseInTurns } from '../../../src/parse/parse-in-turns.ts';
import type { ParsedStatement } from '../../../src/parse/parser.ts';

export async function parsedInTurns(
  sql: string,
): Promise<{ readonly value: readonly ParsedStatement[]; readonly turns: number }> {
  let turns = 0;
  const value = await parseInTurns(sql, {
    checkpoint: () => {
      turns++;
      return undefined;
    },
    wait: (ms) => new Promise((resolve) => void setTimeout(resolve, ms)),
  });
  return { value, turns };
}

export async function parsed(sql: string): Promise<readonly ParsedStatement[]> {
  return (await parsedInTurns(sql)).value;
}

export async function failure(work: () => unknown): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof DbError)) throw error;
    return { code: error.code, message: error.message, position: error.fields.position };
  }
}
