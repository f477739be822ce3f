import { describe, expect, it } from 'vitest';
import { RefSet } from '../../../../src/storage/hypertable/ref-set.ts';
import { SLOT_ROWS } from '../../../../src/storage/hypertable/state.ts';
import { OWN_REFS } from '../../../../src/storage/hypertable/writes.ts';
import { seededRandom } from '../random.ts';

describe('RefSet', () => {
  it('answers as a set of numbers does', () => {
    const random = seededRandom('refs');
    const known = new Set<number>();
    const refs = new RefSet();
    const bases = [0, SLOT_ROWS - 1500, SLOT_ROWS, 9 * SLOT_ROWS, OWN_REFS];
    for (let i = 0; i < 5000; i++) {
      const ref = bases[random.int(bases.length)] + random.int(3000);
      known.add(ref);
      refs.add(ref);
      refs.add(ref);
    }
    expect(refs.size).toBe(known.size);
    for (const base of bases) {
      for (let i = 0; i < 3000; i++) expect(refs.has(base + i)).toBe(known.has(base + i));
    }
    for (const [from, to] of [
      [0, SLOT_ROWS],
      [SLOT_ROWS, 2 * SLOT_ROWS],
      [9 * SLOT_ROWS, 10 * SLOT_ROWS],
      [OWN_REFS, Infinity],
    ]) {
      const wanted = [...known].filter((ref) => ref >= from && ref < to).map((ref) => ref - from);
      expect(refs.within(from, to).toSorted((a, b) => a - b)).toEqual(
        wanted.toSorted((a, b) => a - b),
      );
    }
  });

  it('keeps a copy as it was', () => {
    const refs = new RefSet();
    refs.addAll(Float64Array.of(1, 2, OWN_REFS + 3));
    const copy = refs.copy();
    refs.add(4);
    expect([copy.size, copy.has(4), copy.has(OWN_REFS + 3)]).toEqual([3, false, true]);
    expect([refs.size, refs.has(4)]).toEqual([4, true]);
  });
});
