/**
 * Parses texts of any length with turns for others. The grammar cannot stop on its way, so it gets little at a
 * time: literals are cut out before (long-text.ts), the statements of a script come a few at a time, and a
 * statement that is long nevertheless is parsed by another thread, where there is one.
 */
import type { ParseResult, RawStmt } from '@pgsql/types';
import { finishInTurns } from '../base/steps.ts';
import { DbError, dbError } from '../errors/db-error.ts';
import { CutSource } from './cut-source.ts';
import { lookThrough, LONG_TEXT, type Cut, type LongText } from './long-text.ts';
import { parseByThread } from './parse-thread.ts';
import {
  grammarError,
  parseStatements,
  rawStatements,
  requireText,
  statementsOf,
  type ParsedStatement,
} from './parser.ts';
import { OffsetReader } from './position.ts';
import { readPieces } from './tree-pieces.ts';

export interface ParseTurns {
  /** Throws where the work shall end. undefined while there is nothing to wait for. */
  checkpoint(): Promise<void> | undefined;
  /** Resolves after so many milliseconds. */
  wait(ms: number): Promise<void>;
}

/** Letters of a script that the grammar gets at a time. */
const GROUP = 8 * 1024;
/** Milliseconds between two looks whether somebody still waits for the thread's answer. */
const LOOK_MS = 20;
const ENCODER = new TextEncoder();

/** What `parseStatements` gives, and its errors. */
export async function parseInTurns(
  sql: string,
  turns: ParseTurns,
): Promise<readonly ParsedStatement[]> {
  if (sql.length < LONG_TEXT) return parseStatements(sql);
  requireText(sql);
  const pause = (): Promise<void> | undefined => turns.checkpoint();
  const found = await finishInTurns(lookThrough(sql), pause);
  const statements: ParsedStatement[] = [];
  for (const part of partsOf(sql, found)) {
    const parsed = await parsePart(part, part.text.length === sql.length, turns);
    // Only the whole text can tell what it means, or what is wrong with it.
    if (parsed === undefined) return parseWhole(sql, turns);
    for (const statement of parsed) statements.push(statement);
    await pause();
  }
  return statements;
}

/** Some statements of the text, with what can be cut out of them. */
interface Part {
  readonly source: CutSource;
  readonly text: string;
  /** Where the text stands in the whole one. */
  readonly offset: number;
}

/**
 * Parts of about GROUP letters, or of one longer statement. All but the first begin with a space: the tree
 * does not say whether a location is 0 or unknown.
 */
function* partsOf(sql: string, { cuts, ends }: LongText): Generator<Part, void, void> {
  let [start, bytes, cut] = [0, 0, 0];
  const partTo = (end: number): Part => {
    const lead = start === 0 ? '' : ' ';
    const text = lead + sql.slice(start, end);
    const offset = start - lead.length;
    const own: Cut[] = [];
    for (; cut < cuts.length && cuts[cut].start < end; cut++) {
      const { key, content } = cuts[cut];
      own.push({ key, content, start: cuts[cut].start - offset, end: cuts[cut].end - offset });
    }
    const source = new CutSource(text, own, bytes - lead.length);
    bytes += ENCODER.encode(text).length - lead.length;
    start = end;
    return { source, text, offset };
  };
  let last = 0;
  for (const end of [...ends, sql.length]) {
    if (end - start > GROUP && last > start) yield partTo(last);
    if (end - start > GROUP) yield partTo(end);
    last = end;
  }
  if (start < sql.length) yield partTo(sql.length);
}

/** undefined where the part alone does not tell what the whole text means. */
async function parsePart(
  { source, text, offset }: Part,
  isWhole: boolean,
  turns: ParseTurns,
): Promise<ParsedStatement[] | undefined> {
  const parsed = await rawInTurns(source.text, turns);
  if (parsed instanceof DbError) {
    const { condition, fields } = parsed;
    if (!isWhole || source.hasKey(parsed.message)) return undefined;
    if (fields.position === undefined) throw parsed;
    throw dbError(condition, { ...fields, position: source.character(fields.position - 1) + 1 });
  }
  const statements = statementsOf(text, parsed, (byte) => source.unit(byte));
  const isRestored = await finishInTurns(source.restore(parsed), () => turns.checkpoint());
  if (!isRestored) return undefined;
  return statements.map((statement) => ({ ...statement, offset: statement.offset + offset }));
}

async function parseWhole(sql: string, turns: ParseTurns): Promise<readonly ParsedStatement[]> {
  const parsed = await rawInTurns(sql, turns);
  if (parsed instanceof DbError) throw parsed;
  const offsets = new OffsetReader(sql);
  return statementsOf(sql, parsed, (byte) => offsets.unit(byte));
}

/** What the grammar gives for a text, or its error: by the thread where the text is long. */
async function rawInTurns(sql: string, turns: ParseTurns): Promise<readonly RawStmt[] | DbError> {
  const answer = sql.length < LONG_TEXT ? undefined : await waitFor(parseByThread(sql), turns);
  if (answer === undefined) return rawHere(sql);
  if (answer.kind === 'error') return grammarError(answer.message, answer.cursor);
  const steps = readPieces(answer.json, answer.parts);
  const tree = (await finishInTurns(steps, () => turns.checkpoint())) as ParseResult;
  return tree.stmts ?? [];
}

function rawHere(sql: string): readonly RawStmt[] | DbError {
  try {
    return rawStatements(sql);
  } catch (error) {
    if (error instanceof DbError) return error;
    throw error;
  }
}

/** Waits, but no longer than somebody wants the answer. */
async function waitFor<T>(answer: Promise<T>, turns: ParseTurns): Promise<T> {
  let isThere = false;
  const noted = answer.then(() => {
    isThere = true;
  });
  while (!isThere) {
    await Promise.race([noted, turns.wait(LOOK_MS)]);
    await turns.checkpoint();
  }
  return answer;
}
