/** What is wrong with a text that is no JSON, as PostgreSQL tells it: token by token, in steps. */
import type { Stepped } from '../base/steps.ts';
import { type DbError, InternalError } from '../errors/db-error.ts';
import { JsonLexer, readScalarToken } from './json-lexer.ts';
import { parseNumeric } from './numeric.ts';

/** Tokens between two yields. */
const STEP_TOKENS = 8192;

/** The error of a text that was found to be no JSON or, if `decode`, no jsonb. */
export function* jsonFault(text: string, decode: boolean): Stepped<DbError> {
  yield* checkJsonSteps(text, decode);
  throw new InternalError('JSON was taken for something else');
}

/**
 * Throws PostgreSQL's error where the text is not JSON; with `decode`, also where it is none that jsonb can hold.
 * The depth of json, which is kept as text, has no bound.
 */
export function* checkJsonSteps(text: string, decode: boolean): Stepped<void> {
  const lexer = new JsonLexer(text, decode);
  /** What is open, as the tokens that close it. */
  const open: ('}' | ']')[] = [];
  for (let tokens = 1; ; tokens++) {
    if (tokens % STEP_TOKENS === 0) yield;
    if (lexer.is('{') || lexer.is('[')) {
      if (enter(lexer, open, decode)) continue;
    } else readScalar(lexer, decode);
    // Behind a value: what ends with it, then what comes next.
    while (open.length > 0 && !lexer.is(',')) leave(lexer, open);
    if (open.length === 0) {
      if (lexer.token !== 'end') throw lexer.unexpected('end of input');
      return;
    }
    lexer.next();
    if (open.at(-1) === '}') {
      if (!lexer.is('string')) throw lexer.unexpected('string');
      readKey(lexer);
    }
  }
}

/** Steps into an array or object; true where a value follows, false where it was empty. */
function enter(lexer: JsonLexer, open: ('}' | ']')[], isBounded: boolean): boolean {
  const isObject = lexer.is('{');
  if (isBounded) lexer.enter();
  else lexer.next();
  if (!isObject) {
    if (lexer.is(']')) {
      lexer.leave();
      return false;
    }
    open.push(']');
    return true;
  }
  if (lexer.is('string')) {
    open.push('}');
    readKey(lexer);
    return true;
  }
  if (!lexer.is('}')) throw lexer.unexpected('string or "}"');
  lexer.leave();
  return false;
}

function leave(lexer: JsonLexer, open: ('}' | ']')[]): void {
  const close = open.pop() as '}' | ']';
  if (!lexer.is(close)) throw lexer.unexpected(`"," or "${close}"`);
  lexer.leave();
}

function readKey(lexer: JsonLexer): void {
  lexer.next();
  if (!lexer.is(':')) throw lexer.unexpected('":"');
  lexer.next();
}

function readScalar(lexer: JsonLexer, decode: boolean): void {
  const { token, start, end } = lexer;
  readScalarToken(lexer);
  if (decode && token === 'number') parseNumeric(lexer.text.slice(start, end));
}
