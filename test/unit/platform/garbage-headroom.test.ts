import { describe, expect, it } from 'vitest';
import { growingPercent } from '../../../src/platform/garbage-headroom.ts';

describe('growingPercent', () => {
  it('gives small heaps room and leaves large ones to V8', () => {
    expect(growingPercent(1_000_000)).toBe(600);
    expect(growingPercent(32 * 1024 * 1024)).toBe(300);
    expect(growingPercent(150 * 1024 * 1024)).toBe(64);
    expect(growingPercent(1024 * 1024 * 1024)).toBe(0);
  });
});
