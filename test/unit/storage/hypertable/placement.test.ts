import { describe, expect, it } from 'vitest';
import { Placer } from '../../../../src/storage/hypertable/placement.ts';
import { seededRandom } from '../random.ts';

const EXTREMES = [2 ** 53, 2 ** 60 + 12_345, 2 ** 62 - 1, 2 ** 63].flatMap((time) => [time, -time]);

describe('chunks of extreme times', () => {
  it('contain the time that they are made for, whatever the interval', () => {
    const random = seededRandom('extreme times');
    for (const interval of [1, 7, 1000, 3_600_000_000, 2 ** 52, 2 ** 62]) {
      for (const extreme of EXTREMES) {
        for (let i = 0; i < 50; i++) {
          const time = extreme * (i === 0 ? 1 : random.int(2 ** 30) / 2 ** 30);
          const { id, rangeStart, rangeEnd } = new Placer(interval, []).placeOf(time);
          expect(rangeStart, `${time} by ${interval}`).toBeLessThanOrEqual(time);
          expect(rangeEnd, `${time} by ${interval}`).toBeGreaterThan(time);
          expect(Number.isSafeInteger(id)).toBe(true);
        }
      }
    }
  });

  it('have numbers of their own and ranges that do not overlap', () => {
    const placer = new Placer(1, []);
    const times = [0, 1, 2 ** 62, 2 ** 62 + 1024, 2 ** 63 - 2048, 2 ** 63, -(2 ** 63), -5];
    const places = times.map((time) => placer.placeOf(time));
    expect(new Set(places.map(({ id }) => id)).size).toBe(times.length);
    const sorted = places.toSorted((a, b) => a.rangeStart - b.rangeStart);
    for (let i = 1; i < sorted.length; i++) {
      expect(sorted[i]?.rangeStart).toBeGreaterThanOrEqual(sorted[i - 1]?.rangeEnd as number);
    }
    expect(times.map((time) => placer.placeOf(time))).toEqual(places);
  });
});
