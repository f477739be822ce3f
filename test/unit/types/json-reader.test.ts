import { rounds } from '../../support/rounds.ts';
import { describe, expect, it } from 'vitest';
import { finishNow } from '../../../src/base/steps.ts';
import { checkJsonSteps } from '../../../src/types/json-fault.ts';
import { JsonLexer, readScalarToken } from '../../../src/types/json-lexer.ts';
import { jsonObject, type JsonNode } from '../../../src/types/json-node.ts';
import { parseJson, parseJsonSteps } from '../../../src/types/json-reader.ts';
import { quoteJson } from '../../../src/types/json-quote.ts';
import { formatJson } from '../../../src/types/json-text.ts';
import { parseNumeric } from '../../../src/types/numeric.ts';
import { randomSource } from '../../support/random-source.ts';
import { seedOf } from '../../support/seed.ts';

/** The grammar as it stands in the standard, over the lexer's tokens. */
function plainParse(text: string): JsonNode {
  const lexer = new JsonLexer(text, true);
  const value = plainValue(lexer);
  if (lexer.token !== 'end') throw lexer.unexpected('end of input');
  return value;
}

function plainValue(lexer: JsonLexer): JsonNode {
  const { token, value, start, end } = lexer;
  if (token === '{') return plainObject(lexer);
  if (token === '[') return plainArray(lexer);
  readScalarToken(lexer);
  if (token === 'string') return value;
  if (token === 'number') return parseNumeric(lexer.text.slice(start, end));
  return token === 'null' ? null : token === 'true';
}

function plainArray(lexer: JsonLexer): JsonNode {
  const items: JsonNode[] = [];
  lexer.enter();
  if (!lexer.is(']')) {
    for (;;) {
      items.push(plainValue(lexer));
      if (!lexer.is(',')) break;
      lexer.next();
    }
    if (!lexer.is(']')) throw lexer.unexpected('"," or "]"');
  }
  lexer.leave();
  return items;
}

function plainObject(lexer: JsonLexer): JsonNode {
  const members: [string, JsonNode][] = [];
  lexer.enter();
  if (lexer.is('string')) {
    for (;;) {
      const key = lexer.value;
      lexer.next();
      if (!lexer.is(':')) throw lexer.unexpected('":"');
      lexer.next();
      members.push([key, plainValue(lexer)]);
      if (!lexer.is(',')) break;
      lexer.next();
      if (!lexer.is('string')) throw lexer.unexpected('string');
    }
    if (!lexer.is('}')) throw lexer.unexpected('"," or "}"');
  } else if (!lexer.is('}')) throw lexer.unexpected('string or "}"');
  lexer.leave();
  return jsonObject(members);
}

/** What a reader gives, or says. */
function outcome(read: () => JsonNode): unknown {
  try {
    return formatJson(read());
  } catch (error) {
    const { message, detail, where } = error as { message: string; detail: string; where: string };
    return { message, detail, where };
  }
}

const random = randomSource(seedOf('json-reader'));
const below = (count: number): number => Math.floor(random() * count);
const oneOf = <T>(list: readonly T[]): T => list[below(list.length)]!;

const STRINGS = [
  '',
  'a',
  'b',
  'zz',
  'é',
  '😀',
  'a"b',
  'line\nbreak',
  '\\',
  'x'.repeat(40),
  '\u0001',
];
const NUMBERS = ['0', '-0', '7', '-12', '1023', '1024', '999999999999999', '1234567890123456'];
const LONG_NUMBERS = ['1.50', '-0.0', '1e3', '2.5E-3', '0e5', '9'.repeat(40), '1e300'];
const ODD = ['"\\u00e9\\/\\b"', '"\\ud83d\\ude00"', '"\\u0041"', ...NUMBERS, ...LONG_NUMBERS];

function randomText(depth: number): string {
  const space = (): string => oneOf(['', '', '', ' ', '\n', '\t\r ']);
  const kind = below(depth === 0 ? 3 : 6);
  if (kind === 0) return quoteJson(oneOf(STRINGS));
  if (kind === 1) return oneOf(ODD);
  if (kind === 2) return oneOf(['null', 'true', 'false']);
  const items = Array.from({ length: below(5) }, () => {
    const value = `${space()}${randomText(depth - 1)}${space()}`;
    return kind === 3 ? value : `${space()}${quoteJson(oneOf(STRINGS))}${space()}:${value}`;
  });
  return kind === 3 ? `[${items.join(',')}${space()}]` : `{${items.join(',')}${space()}}`;
}

const NOISE = [
  ...'{}[]:,"\\ \nex.-+019nuft',
  '\\u',
  '\\u0000',
  '\\ud800',
  '\\udc00',
  '\u0002',
  '1e999999',
];

/** The text with something put in, left out or cut off. */
function broken(text: string): string {
  const at = below(text.length + 1);
  switch (below(3)) {
    case 0:
      return text.slice(0, at) + oneOf(NOISE) + text.slice(at);
    case 1:
      return text.slice(0, at) + text.slice(at + 1);
    default:
      return text.slice(0, at);
  }
}

describe('the reader of JSON', () => {
  it('gives what the grammar over tokens gives, errors included', () => {
    let wrong = 0;
    for (let i = 0; i < rounds(1500); i++) {
      const whole = randomText(4);
      const text = i % 2 === 0 ? whole : broken(whole);
      const expected = outcome(() => plainParse(text));
      expect(
        outcome(() => parseJson(text)),
        text,
      ).toEqual(expected);
      expect(
        outcome(() => finishNow(parseJsonSteps(text))),
        text,
      ).toEqual(expected);
      const isWrong = typeof expected === 'object';
      wrong += Number(isWrong);
      const said = outcome(() => {
        finishNow(checkJsonSteps(text, true));
        return null;
      });
      expect(said, text).toEqual(isWrong ? expected : 'null');
    }
    expect(wrong).toBeGreaterThan(rounds(150));
  });

  it.each([
    ['an array', `[${Array.from({ length: 50_000 }, (_, i) => `{"id": ${i}}`).join()}]`],
    [
      'an object',
      `{${Array.from({ length: 50_000 }, (_, i) => `"k${(i * 7919) % 50_021}":${i}`).join()}}`,
    ],
    ['a long string', `["${'x'.repeat(300_000)}\\n${'é'.repeat(200_000)}"]`],
    ['a long key', `{"${'x\\t'.repeat(100_000)}": 1}`],
  ])('reads %s in steps', (_, text) => {
    let steps = 0;
    const reading = parseJsonSteps(text);
    for (;;) {
      const step = reading.next();
      if (step.done === true) {
        expect(formatJson(step.value)).toBe(formatJson(plainParse(text)));
        break;
      }
      steps++;
    }
    expect(steps).toBeGreaterThan(text.length / 140_000 - 1);
  });

  it('looks for what is wrong in steps', () => {
    const text = `[${'[1, 2], '.repeat(50_000)}oops]`;
    let steps = 0;
    const reading = parseJsonSteps(text);
    const all = (): void => {
      while (reading.next().done !== true) steps++;
    };
    expect(all).toThrow('invalid input syntax for type json');
    expect(steps).toBeGreaterThan(20);
  });

  it('bounds the depth of jsonb', () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    expect(parseJson(nested(1500))).toHaveLength(1);
    expect(() => parseJson(nested(1501))).toThrow('stack depth limit exceeded');
    expect(() => finishNow(checkJsonSteps(nested(1501), false))).not.toThrow();
  });
});
