import { describe, expect, it } from 'vitest';
import { AnswerCollector, canonical, type Answer } from '../../bench/answers/answer.ts';
import { difference } from '../../bench/answers/compare.ts';

function answer(kinds: string, ...rows: unknown[][]): Answer {
  const collector = new AnswerCollector(kinds);
  for (const row of rows) collector.add(row);
  return collector.result();
}

describe('answers', () => {
  it('mean the same however a system prints them', () => {
    const micros = Date.UTC(2016, 0, 1, 2, 3, 4) * 1000 + 500_000;
    for (const text of ['2016-01-01 02:03:04.5+00', '2016-01-01T02:03:04.500Z', micros]) {
      expect(canonical('t', text)).toBe(micros);
    }
    expect(canonical('n', '1.50')).toBe(1.5);
    expect(canonical('i', '1 day -00:30:00')).toBe(86_400 - 1800);
    expect(canonical('i', 90)).toBe(90);
    expect(canonical('b', 't')).toBe(canonical('b', true));
    expect(canonical('s', null)).toBeNull();
  });

  it('are equal in any order and to the last digits of floats', () => {
    const a = answer('sn', ['x', '0.30000000000000004'], ['y', 2]);
    const b = answer('sn', ['y', '2'], ['x', '0.3']);
    expect(difference(a, b)).toBeUndefined();
    expect(difference(a, answer('sn', ['x', 0.3]))).toBe('2 rows against 1');
    expect(difference(a, answer('sn', ['x', 0.31], ['y', 2]))).toContain('against');
  });

  it('tell times apart that differ by one second', () => {
    const [a, b] = ['2016-01-01 00:00:01', '2016-01-01 00:00:02'].map((text) =>
      answer('t', [text]),
    );
    expect(difference(a, b)).toBeDefined();
  });

  it('can be compared by some columns, or without the rows at the edges', () => {
    const a = answer('tn', [1, 5], [2, 6], [3, 7]);
    const b = answer('tn', [1, 0], [2, 6], [3, 0], [4, 0]);
    expect(difference(a, b, { innerOnly: true })).toBeUndefined();
    const [c, d] = [answer('sn', ['x', 1]), answer('sn', ['y', 1])];
    expect(difference(c, d, { columns: [1] })).toBeUndefined();
    expect(difference(c, d)).toBeDefined();
  });

  it('stay small: of many values only sums of hashes remain', () => {
    const big = (last: string): Answer => {
      const collector = new AnswerCollector('s', 100);
      for (let i = 0; i < 101; i++) collector.add([i === 9 ? last : 'a']);
      return collector.result();
    };
    const [a, b] = [big('a'), big('b')];
    expect(a.kept).toBeUndefined();
    expect(difference(a, a)).toBeUndefined();
    expect(difference(a, b)).toBe('other values');
  });
});
