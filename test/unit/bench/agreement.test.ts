import { describe, expect, it } from 'vitest';
import { disagreements, type Given } from '../../bench/suites/agreement.ts';
import type { QueryType } from '../../bench/queries/query.ts';

const TYPE: QueryType = { name: 'q', kinds: 'n', columns: [], instance: () => () => 'q' };

function given(dialect: string, ...values: number[]): Given {
  const kept = values.map((value) => [value]);
  return { dialect, title: dialect, answers: [{ rows: kept.length, digest: '', kept }] };
}

describe('agreement', () => {
  it('blames the one that stands alone, also when it is the first', () => {
    const systems = [given('a', 1), given('b', 2), given('c', 2)];
    expect([...disagreements(systems, TYPE).keys()]).toEqual(['a']);
    expect([...disagreements([...systems].reverse(), TYPE).keys()]).toEqual(['a']);
  });

  it('is silent where all agree or one is alone', () => {
    expect(disagreements([given('a', 1), given('b', 1)], TYPE).size).toBe(0);
    expect(disagreements([given('a', 1)], TYPE).size).toBe(0);
    expect(disagreements([], TYPE).size).toBe(0);
  });
});
