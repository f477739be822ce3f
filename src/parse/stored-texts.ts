/**
 * Texts that are stored in the catalog and read again by every statement that needs them: views. The trees of
 * long ones are kept, and who can wait has them parsed in turns.
 */
import { LONG_TEXT } from './long-text.ts';
import { parseInTurns, type ParseTurns } from './parse-in-turns.ts';
import { parseStatements, type ParsedStatement } from './parser.ts';

type Statements = readonly ParsedStatement[];

/** Letters of the long texts whose trees are kept; a tree takes fifty times the memory of its text. */
const KEPT_LETTERS = 512 * 1024;

/** Trees of long texts, those last asked for at the end. */
const kept = new Map<string, Statements>();
let keptLetters = 0;

/** What `parseStatements` gives, kept also for long texts. */
export function storedStatements(sql: string): Statements {
  if (sql.length < LONG_TEXT) return parseStatements(sql);
  return find(sql) ?? keep(sql, parseStatements(sql));
}

function find(sql: string): Statements | undefined {
  const statements = kept.get(sql);
  if (statements === undefined) return undefined;
  kept.delete(sql);
  kept.set(sql, statements);
  return statements;
}

function keep(sql: string, statements: Statements): Statements {
  if (!kept.has(sql)) keptLetters += sql.length;
  kept.set(sql, statements);
  for (const oldest of kept.keys()) {
    if (keptLetters <= KEPT_LETTERS || oldest === sql) break;
    kept.delete(oldest);
    keptLetters -= oldest.length;
  }
  return statements;
}

/** Reads a text in turns, so that `storedStatements` has it next. */
export async function readStored(sql: string, turns: ParseTurns): Promise<Statements> {
  if (sql.length < LONG_TEXT) return parseStatements(sql);
  return find(sql) ?? keep(sql, await parseInTurns(sql, turns));
}

/** Thrown where work needs a long text that nobody has read yet. */
class UnreadText extends Error {
  readonly sql: string;

  constructor(sql: string) {
    super('a long text has to be read in turns first');
    this.sql = sql;
  }
}

/** The stored texts that a piece of work needs, for who can begin again when one has been read. */
export class StoredTexts {
  readonly #read = new Map<string, Statements>();

  statements(sql: string): Statements {
    if (sql.length < LONG_TEXT) return parseStatements(sql);
    const statements = this.#read.get(sql) ?? find(sql);
    if (statements === undefined) throw new UnreadText(sql);
    return statements;
  }

  /** Does the work; where it stops at a text, the text is read in turns and the work begins again. */
  async reading<T>(work: () => Promise<T>, turns: ParseTurns): Promise<T> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof UnreadText)) throw error;
        this.#read.set(error.sql, await readStored(error.sql, turns));
      }
    }
  }
}
