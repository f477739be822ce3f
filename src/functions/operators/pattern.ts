/** LIKE, ILIKE, regular expressions and prefix tests as operators. */
import type { Stepped } from '../../base/steps.ts';
import { unitsOfBytes } from '../../platform/node-bytes.ts';
import { operator, scalar } from '../define.ts';
import type { ScalarFunction, SqlOperator } from '../function.ts';
import { patternKernel } from '../kernels/text.ts';
import {
  compileInsensitiveLike,
  compileLike,
  likeEscape,
  similarToRegex,
  type TextTest,
} from '../regex/like.ts';
import { compileRegex } from '../regex/regex.ts';

type Compile = (pattern: string) => TextTest;

const regexTest: Compile = (pattern) => {
  const regex = compileRegex(pattern);
  return (text) => regex.test(text);
};
const insensitiveRegexTest: Compile = (pattern) => {
  const regex = compileRegex(pattern, 'i');
  return (text) => regex.test(text);
};

const not =
  (compile: Compile): Compile =>
  (pattern) => {
    const test = compile(pattern);
    return (text) => !test(text);
  };

/** The test of a long text, in steps. */
type Steps = (text: string, pattern: string) => Stepped<boolean>;

const regexSteps: Steps = (text, pattern) => compileRegex(pattern).testSteps(text);
const insensitiveRegexSteps: Steps = (text, pattern) => compileRegex(pattern, 'i').testSteps(text);

const notInSteps = (steps: Steps): Steps =>
  function* negatedSteps(text, pattern) {
    return !(yield* steps(text, pattern));
  };

function patternOperators(
  symbol: string,
  negated: string,
  compile: Compile,
  steps?: Steps,
): SqlOperator[] {
  return (
    [
      [symbol, compile, steps],
      [negated, not(compile), steps && notInSteps(steps)],
    ] as const
  ).flatMap(([name, test, inSteps]) =>
    ['text', 'name', 'bpchar'].map((left) =>
      operator(
        `${left} ${name} text = bool`,
        (text: string, pattern: string) => test(pattern)(text),
        {
          kernel: patternKernel(test),
          inSteps,
        },
      ),
    ),
  );
}

/** bytea as a string with one code unit a byte, so that the text matcher serves it. */
const byteText = unitsOfBytes;

function textBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

export const patternOperatorList: readonly SqlOperator[] = [
  ...patternOperators('~~', '!~~', compileLike),
  ...patternOperators('~~*', '!~~*', compileInsensitiveLike),
  ...patternOperators('~', '!~', regexTest, regexSteps),
  ...patternOperators('~*', '!~*', insensitiveRegexTest, insensitiveRegexSteps),
  operator('bytea ~~ bytea = bool', (value: Uint8Array, pattern: Uint8Array) =>
    compileLike(byteText(pattern))(byteText(value)),
  ),
  operator(
    'bytea !~~ bytea = bool',
    (value: Uint8Array, pattern: Uint8Array) => !compileLike(byteText(pattern))(byteText(value)),
  ),
  operator('text ^@ text = bool', (text: string, prefix: string) => text.startsWith(prefix), {
    kernel: patternKernel((prefix) => (text) => text.startsWith(prefix)),
  }),
];

export const patternFunctions: readonly ScalarFunction[] = [
  scalar('like_escape(text, text) text', likeEscape),
  scalar('like_escape(bytea, bytea) bytea', (pattern: Uint8Array, escape: Uint8Array) =>
    textBytes(likeEscape(byteText(pattern), byteText(escape))),
  ),
  scalar('like(text, text) bool', (text: string, pattern: string) => compileLike(pattern)(text)),
  scalar(
    'notlike(text, text) bool',
    (text: string, pattern: string) => !compileLike(pattern)(text),
  ),
  scalar('similar_to_escape(text) text', (pattern: string) => similarToRegex(pattern, '\\')),
  scalar('similar_to_escape(text, text) text', similarToRegex),
  scalar(
    'similar_escape(text, text) text',
    (pattern: string | null, escape: string | null) =>
      pattern === null ? null : similarToRegex(pattern, escape ?? '\\'),
    { strict: false },
  ),
  scalar('starts_with(text, text) bool', (text: string, prefix: string) => text.startsWith(prefix)),
];
