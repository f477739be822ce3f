/** Array literals are read in steps as they are at once. */
import { describe, expect, it } from 'vitest';
import { finishNow } from '../../../src/base/steps.ts';
import {
  parseArrayText,
  parseArrayTextSteps,
  type ArrayText,
} from '../../../src/types/array-text.ts';
import { findCast } from '../../../src/types/cast.ts';
import { OID } from '../../../src/types/type.ts';
import { randomSource } from '../../support/random-source.ts';
import { rounds } from '../../support/rounds.ts';
import { seedOf } from '../../support/seed.ts';
import { evalContext } from '../exec/support.ts';

function outcome(run: () => ArrayText): unknown {
  try {
    return run();
  } catch (error) {
    return (error as Error).message;
  }
}

describe('array literals', () => {
  it('have elements, quoted or bare, in sub-arrays or not', () => {
    const read = (text: string): unknown[] => {
      const { dimensions, lowerBounds, elements } = parseArrayText(text, ',');
      return [dimensions, lowerBounds, elements];
    };
    expect(read('{}')).toEqual([[], [], []]);
    expect(read(' { a b , "c,d" ,NULL,"NULL", \\x\\" }')).toEqual([
      [5],
      [1],
      ['a b', 'c,d', undefined, 'NULL', 'x"'],
    ]);
    expect(read('[0:1][3:3]={{1},{nUll}}')).toEqual([
      [2, 1],
      [0, 3],
      ['1', undefined],
    ]);
    const malformed = [
      '',
      '{',
      '{1',
      '{1,',
      '{1,}',
      '{,1}',
      '{{1},2}',
      '{1,{2}}',
      '{{1},{}}',
      '{{1},{2,3}}',
      '{1}x',
      '{"a"b}',
      '{a"b"}',
      '[2:2]={1,2}',
      '{{{{{{{1}}}}}}}',
    ];
    for (const text of malformed) expect(() => parseArrayText(text, ',')).toThrow();
  });

  const seed = seedOf('array literals');
  it(`are read in steps likewise (SEED=${seed})`, () => {
    const random = randomSource(seed);
    const parts = ['{', '}', '{', '}', ',', 'a', 'NULL', ' ', '"', '\\', '"a b"', '1', '[1:2]='];
    for (let round = 0; round < rounds(2000); round++) {
      const length = Math.floor(random() * 12);
      const some = Array.from({ length }, () => parts[Math.floor(random() * parts.length)]);
      const text = `{${some.join('')}}`;
      expect(outcome(() => finishNow(parseArrayTextSteps(text, ',')))).toEqual(
        outcome(() => parseArrayText(text, ',')),
      );
    }
  });

  it('become arrays in steps', () => {
    const text = `{${Array.from({ length: 20_000 }, (_, i) => `{${i},NULL}`).join()}}`;
    const { convert } = findCast(OID.text, 1007)!;
    const { format } = evalContext;
    const steps = convert.inSteps!(text, -1, format, true);
    let count = 0;
    let step = steps.next();
    for (; step.done !== true; step = steps.next()) count++;
    expect(count).toBeGreaterThan(40);
    expect(step.value).toEqual(convert(text, -1, format, true));
  });
});
