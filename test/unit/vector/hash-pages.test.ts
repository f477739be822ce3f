import { expect, it } from 'vitest';
import { HashPages } from '../../../src/vector/hash-pages.ts';

/** A full period of a mixing sequence: hashes that fill all pages alike. */
function hashOf(entry: number): number {
  let hash = Math.imul(entry + 1, 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return hash ^ (hash >>> 13);
}

function add(pages: HashPages, entry: number): void {
  const hash = hashOf(entry);
  const page = pages.directory[hash >>> pages.shift]!;
  const mask = page.slots.length - 2;
  let at = (hash << 1) & mask;
  while (page.slots[at + 1] !== 0) at = (at + 2) & mask;
  pages.put(page, at, hash, entry + 1);
}

function find(pages: HashPages, entry: number): boolean {
  const hash = hashOf(entry);
  const { slots } = pages.directory[hash >>> pages.shift]!;
  const mask = slots.length - 2;
  for (let at = (hash << 1) & mask; slots[at + 1] !== 0; at = (at + 2) & mask) {
    if (slots[at] === hash && slots[at + 1] === entry + 1) return true;
  }
  return false;
}

it('finds every entry while it grows, and no other', () => {
  const pages = new HashPages();
  for (let entry = 0; entry < 100_000; entry++) add(pages, entry);
  let found = 0;
  for (let entry = 0; entry < 110_000; entry++) found += find(pages, entry) ? 1 : 0;
  expect(found).toBe(100_000);
});

it('does not split all pages at once', () => {
  const pages = new HashPages();
  const [half, whole, parts] = [400_000, 800_000, 40];
  const growth: number[] = [];
  for (let entry = 0; entry < half; entry++) add(pages, entry);
  const before = pages.bytes;
  for (let part = 0; part < parts; part++) {
    const bytes = pages.bytes;
    const size = (whole - half) / parts;
    for (let i = 0; i < size; i++) add(pages, half + part * size + i);
    growth.push(pages.bytes - bytes);
  }
  const most = Math.max(...growth);
  expect(most).toBeLessThan((5 / parts) * (pages.bytes - before));
});

it('grows where a page cannot be split', () => {
  const pages = new HashPages();
  for (let entry = 0; entry < 6_000; entry++) {
    const page = pages.directory[5 >>> pages.shift]!;
    const mask = page.slots.length - 2;
    let at = (5 << 1) & mask;
    while (page.slots[at + 1] !== 0) at = (at + 2) & mask;
    pages.put(page, at, 5, entry + 1);
    if (entry % 500 !== 0) continue;
    expect(page.count).toBeLessThan(page.slots.length / 2);
  }
});
