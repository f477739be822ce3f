/**
 * SQL text to syntax trees, by PostgreSQL's own grammar (libpg-query in WebAssembly). `initParser` loads
 * the module once at start; parsing is synchronous from then on. parse-in-turns.ts is for long texts.
 */
import { hasSqlDetails, loadModule, parseSync } from 'libpg-query';
import type { RawStmt } from '@pgsql/types';
import { dbError, type DbError } from '../errors/db-error.ts';
import type { ConditionName } from '../errors/sqlstate.ts';
import type { Node } from './ast.ts';
import { OffsetReader } from './position.ts';

export interface ParsedStatement {
  readonly node: Node;
  /** The statement's own text, without the separating semicolon. */
  readonly text: string;
  /** Where that text starts in the source, in characters (UTF-16 units). */
  readonly offset: number;
}

const CACHE_ENTRIES = 512;
const CACHE_TEXT_LIMIT = 8192;
const cache = new Map<string, readonly ParsedStatement[]>();

/** Loads the parser. Call once, before the first `parseStatements`. */
export async function initParser(): Promise<void> {
  await loadModule();
}

/**
 * Parses a string of statements. Locations inside the nodes are UTF-8 byte offsets into `sql`.
 * The result is shared between callers and must not be changed.
 */
export function parseStatements(sql: string): readonly ParsedStatement[] {
  const cached = cache.get(sql);
  if (cached !== undefined) {
    cache.delete(sql);
    cache.set(sql, cached);
    return cached;
  }
  const statements = parseUncached(sql);
  if (sql.length <= CACHE_TEXT_LIMIT) {
    cache.set(sql, statements);
    if (cache.size > CACHE_ENTRIES) {
      const oldest = cache.keys().next().value;
      if (oldest !== undefined) cache.delete(oldest);
    }
  }
  return statements;
}

/** Parses text that must be a single expression, as defaults and checks are stored. */
export function parseExpression(sql: string): Node {
  const prefix = 'SELECT ';
  const [statement] = parseStatements(`${prefix}${sql}`);
  const node = statement?.node;
  const targets =
    node !== undefined && 'SelectStmt' in node ? node.SelectStmt.targetList : undefined;
  const target = targets?.length === 1 ? targets[0] : undefined;
  const value = target !== undefined && 'ResTarget' in target ? target.ResTarget.val : undefined;
  if (value === undefined) throw dbError('syntax_error', `invalid expression: ${sql}`);
  return value;
}

function parseUncached(sql: string): ParsedStatement[] {
  if (sql.trim() === '') return [];
  requireText(sql);
  const offsets = new OffsetReader(sql);
  return statementsOf(sql, rawStatements(sql), (byte) => offsets.unit(byte));
}

/** PostgreSQL's texts end at such a byte. */
export function requireText(sql: string): void {
  if (sql.includes('\0'))
    throw dbError('syntax_error', 'invalid byte sequence for encoding "UTF8": 0x00');
}

/** What the grammar gives, or its error. */
export function rawStatements(sql: string): readonly RawStmt[] {
  try {
    return parseSync(sql).stmts ?? [];
  } catch (error) {
    throw syntaxError(error);
  }
}

/** Statements with their texts; `unitOf` tells where a byte of what the grammar has read stands in `sql`. */
export function statementsOf(
  sql: string,
  parsed: readonly RawStmt[],
  unitOf: (byte: number) => number,
): ParsedStatement[] {
  const statements: ParsedStatement[] = [];
  for (const { stmt, stmt_location: location = 0, stmt_len: length = 0 } of parsed) {
    if (stmt === undefined) continue;
    const start = unitOf(location);
    const end = length === 0 ? sql.length : unitOf(location + length);
    const raw = sql.slice(start, end);
    const text = raw.trimStart();
    statements.push({ node: stmt, text: text.trimEnd(), offset: start + raw.length - text.length });
  }
  return statements;
}

function syntaxError(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  if (error instanceof RangeError) return grammarError(error.message, undefined);
  if (!hasSqlDetails(error)) return isTrap(error.message) ? tooComplex() : error;
  return grammarError(error.message, error.sqlDetails?.cursorPosition);
}

/** An error of the grammar; the cursor counts the characters (code points) before it. */
export function grammarError(message: string, cursor: number | undefined): DbError {
  if (isTrap(message)) return tooComplex();
  const position = cursor === undefined || cursor < 0 ? undefined : cursor + 1;
  return dbError(conditionOf(message), { message, position });
}

/** The WebAssembly stack is smaller than the server's; a trap there leaves the module usable. */
function isTrap(message: string): boolean {
  return /memory access|unreachable|stack/i.test(message);
}

function tooComplex(): DbError {
  return dbError('statement_too_complex', 'stack depth limit exceeded');
}

/** The grammar's errors that are not syntax errors; its SQLSTATE does not come with the message. */
const CONDITIONS: readonly (readonly [RegExp, ConditionName])[] = [
  [/^frame (start|end)/, 'windowing_error'],
  [/^precision for type float must be/, 'invalid_parameter_value'],
  [/^unsafe use of \\' in a string literal/, 'nonstandard_use_of_escape_character'],
  [/^invalid Unicode escape$/, 'invalid_escape_sequence'],
  [/^invalid byte sequence for encoding/, 'character_not_in_repertoire'],
  [/^[A-Z ]+ constraints cannot be marked /, 'feature_not_supported'],
  [/not (yet )?(implemented|supported)/, 'feature_not_supported'],
];

function conditionOf(message: string): ConditionName {
  return CONDITIONS.find(([pattern]) => pattern.test(message))?.[1] ?? 'syntax_error';
}
