import { beforeEach, describe, expect, it } from 'vitest';
import { EarlyMarking } from '../../../src/platform/early-marking.ts';
import { beginMarking, watchCollections } from '../../../src/platform/marking.ts';
import { setTimeout as wait } from 'node:timers/promises';

const MEBIBYTE = 1_048_576;

describe('early marking', () => {
  let begun: number;
  let marking: EarlyMarking;
  const look = (...megabytes: number[]): void => {
    for (const each of megabytes) marking.look(each * MEBIBYTE);
  };

  beforeEach(() => {
    begun = 0;
    marking = new EarlyMarking(() => begun++);
  });

  it('begins when arrays have grown by 48 MB, counted from the least', () => {
    look(100, 120, 147);
    expect(begun).toBe(0);
    look(90, 137);
    expect(begun).toBe(0);
    look(138);
    expect(begun).toBe(1);
  });

  it('begins once a collection, and counts anew from its end', () => {
    look(0, 50, 80);
    marking.heard('begin');
    look(120);
    expect(begun).toBe(1);
    marking.heard('young');
    marking.heard('end');
    look(100, 147);
    expect(begun).toBe(1);
    look(148);
    expect(begun).toBe(2);
  });

  it('leaves what V8 has begun by itself alone', () => {
    look(0);
    marking.heard('begin');
    look(50);
    expect(begun).toBe(0);
    marking.heard('end');
    look(50, 98);
    expect(begun).toBe(1);
  });

  it('is what V8 then does, and it comes to its end', async () => {
    const heard = new Set<string>();
    const unwatch = watchCollections((collection) => heard.add(collection));
    beginMarking();
    for (let i = 0; i < 5000 && !(heard.has('begin') && heard.has('end')); i++) {
      Array.from({ length: 30_000 }, (_, n) => ({ n }));
      await wait(1);
    }
    unwatch();
    expect([...heard]).toEqual(expect.arrayContaining(['begin', 'end']));
  });
});
