import fc from '../../../support/fast-check.ts';
import { describe, expect, it } from 'vitest';
import type { RegexNode } from '../../../../src/functions/regex/ast.ts';
import { parseRegex } from '../../../../src/functions/regex/parse.ts';
import { compileRegex } from '../../../../src/functions/regex/regex.ts';
import { rounds } from '../../../support/rounds.ts';

const PLAIN = {
  foldCase: false,
  newlineStops: false,
  newlineAnchors: false,
  expanded: false,
  literal: false,
  extended: false,
};

/** Where matches of a node that start at a position may end, straight from the definition. */
function endsOf(node: RegexNode, text: readonly string[], start: number): Set<number> {
  switch (node.kind) {
    case 'empty':
      return new Set([start]);
    case 'set': {
      const code = text[start]?.codePointAt(0);
      return new Set(code !== undefined && node.set.has(code) ? [start + 1] : []);
    }
    case 'assert': {
      const holds = node.assert === 'text-start' ? start === 0 : start === text.length;
      return new Set(holds ? [start] : []);
    }
    case 'group':
      return endsOf(node.node, text, start);
    case 'alternatives':
      return new Set(node.nodes.flatMap((each) => [...endsOf(each, text, start)]));
    case 'optional':
      return endsOf(node.node, text, start).add(start);
    case 'concat':
      return node.nodes.reduce(
        (ends, each) => new Set([...ends].flatMap((end) => [...endsOf(each, text, end)])),
        new Set([start]),
      );
    case 'star': {
      const ends = new Set([start]);
      for (const end of ends) for (const next of endsOf(node.node, text, end)) ends.add(next);
      return ends;
    }
    case 'look':
      throw new Error('look-around is not part of this test');
  }
}

/** Start and end of all matches, one after another. */
function expectedMatches(pattern: string, text: string): [number, number][] {
  const { root } = parseRegex(pattern, { ...PLAIN });
  const characters = [...text];
  const found: [number, number][] = [];
  for (let at = 0; at <= characters.length;) {
    const ends = [...endsOf(root, characters, at)];
    if (ends.length === 0) at++;
    else {
      const end = root.prefers === 'short' ? Math.min(...ends) : Math.max(...ends);
      found.push([at, end]);
      at = end > at ? end : end + 1;
    }
  }
  return found;
}

function foundMatches(pattern: string, text: string): [number, number][] {
  const search = compileRegex(pattern).search(text);
  const found: [number, number][] = [];
  for (let at = 0; at <= search.subject.length;) {
    const match = search.next(at, false);
    if (match === undefined) break;
    found.push([match.start, match.end]);
    at = match.end > match.start ? match.end : match.end + 1;
  }
  return found;
}

const atom = fc.constantFrom(
  'a',
  'b',
  'é',
  '😀',
  '.',
  '[ab]',
  '[^a]',
  '\\d',
  '\\w',
  '^',
  '$',
  '[à-ü]',
);
const pattern: fc.Arbitrary<string> = fc.letrec<{ node: string }>((tie) => ({
  node: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    atom,
    fc.tuple(tie('node'), tie('node')).map(([a, b]) => a + b),
    fc.tuple(tie('node'), tie('node')).map(([a, b]) => `(?:${a}|${b})`),
    fc
      .tuple(tie('node'), fc.constantFrom('*', '+', '?', '*?', '+?', '??', '{2}', '{1,3}'))
      .map(([a, times]) => `(?:${a})${times}`),
    tie('node').map((a) => `(${a})`),
  ),
})).node;
const text = fc
  .array(fc.constantFrom('a', 'b', 'c', '1', 'é', '😀', '\n', 'ü', 'ж'), { maxLength: 12 })
  .map((parts) => parts.join(''));

describe('an automaton', () => {
  it('finds the matches that the definition gives', () => {
    fc.assert(
      fc.property(pattern, fc.array(text, { minLength: 1, maxLength: 5 }), (regex, texts) => {
        for (const each of texts) {
          const expected = expectedMatches(regex, each);
          expect(foundMatches(regex, each)).toEqual(expected);
          expect(compileRegex(regex).test(each)).toBe(expected.length > 0);
        }
      }),
      { numRuns: rounds(100) },
    );
  });

  it('finds groups as the engine of JavaScript does, where both want the longest first', () => {
    const item = fc.constantFrom(
      'a',
      'b*',
      '[ab]+',
      'c?',
      '(a*)',
      '([^c]+)',
      '(?:ab)?',
      '(b?)c*',
      '.*',
    );
    fc.assert(
      fc.property(fc.array(item, { minLength: 1, maxLength: 6 }), text, (items, subject) => {
        const body = items.join('');
        const expected = new RegExp(`^${body}$`, 'su').exec(subject);
        const found = compileRegex(`^${body}$`).search(subject).next(0, true);
        expect(found !== undefined).toBe(expected !== null);
        if (found === undefined || expected === null) return;
        const characters = [...subject];
        const groups = [...found.groupStarts.keys()].slice(1).map((k) => {
          const start = found.groupStarts[k]!;
          return start < 0 ? undefined : characters.slice(start, found.groupEnds[k]).join('');
        });
        expect(groups).toEqual([...expected].slice(1));
      }),
      { numRuns: rounds(100) },
    );
  });

  it('goes on when its states are too many to keep', () => {
    // The states tell which of the last twelve characters were an a: 4,096 of them.
    const regex = `a[ab]{11}$`;
    let subject = '';
    for (let i = 0; i < 40_000; i++)
      subject += (i * 2_654_435_761) % 4_294_967_296 < 2 ** 31 ? 'a' : 'b';
    for (let cut = 0; cut < 12; cut++) {
      const part = subject.slice(0, subject.length - cut);
      expect(compileRegex(regex).test(part)).toBe(part.at(-12) === 'a');
    }
  });

  it('is soon refused where it is too long', () => {
    const before = process.cpuUsage();
    expect(() => compileRegex('9'.repeat(300_000), 'i')).toThrow('too complex');
    // A set of characters for each of its places would be many seconds.
    expect(process.cpuUsage(before).user).toBeLessThan(2_000_000);
  });

  it('tells hundreds of kinds of characters apart', () => {
    const characters = Array.from({ length: 400 }, (_, i) => String.fromCodePoint(0x4e00 + i));
    const regex = characters.map((each) => `${each}x`).join('|');
    for (const each of characters) {
      expect(foundMatches(regex, `_${each}x${each}`)).toEqual([[1, 3]]);
    }
    expect(compileRegex(regex).test('x')).toBe(false);
  });
});
