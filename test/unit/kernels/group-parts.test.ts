/** Records put into parts and grouped there, against a Map from keys to rows. */
import fc from '../../support/fast-check.ts';
import { expect, it } from 'vitest';
import {
  GROUP_STATE_BYTES,
  GROUP_STATES,
  groupStateBytes,
  GROUPS_BYTES,
  GROUPS_HEAD_BYTES,
  type GroupStateKind,
} from '../../../src/kernels/key-kernels.ts';
import { kernels } from '../../../src/kernels/kernels.ts';
import { kernelViews, tryAllocate, type KernelBlock } from '../../../src/kernels/memory.ts';
import { rounds } from '../../support/rounds.ts';

const block = (bytes: number): KernelBlock => tryAllocate(bytes) as KernelBlock;
const KINDS = Object.keys(GROUP_STATES) as GroupStateKind[];
const isWide = (kind: GroupStateKind): boolean => kind.endsWith('64');

interface Records {
  /** In words: the key, the whole record; the words of each state's argument; the flags. */
  readonly width: number;
  readonly stride: number;
  readonly kinds: readonly GroupStateKind[];
  readonly offsets: readonly number[];
  readonly flags: number;
  readonly words: Int32Array;
}

const records = fc
  .record({
    width: fc.integer({ min: 1, max: 6 }),
    kinds: fc.array(fc.constantFrom(...KINDS), { maxLength: 5 }),
    hasFlags: fc.boolean(),
    rows: fc.constantFrom(0, 1, 50, 1500, 5000),
    spread: fc.constantFrom(1, 4, 300),
    seed: fc.integer(),
  })
  .map(({ width, kinds, hasFlags, rows, spread, seed }): Records => {
    let state = seed | 0;
    const random = (below: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      return Math.floor(((state >>> 0) / 2 ** 32) * below);
    };
    let stride = width;
    const offsets = kinds.map((kind) => {
      stride += isWide(kind) ? 2 : 1;
      return stride - (isWide(kind) ? 2 : 1);
    });
    const flags = hasFlags ? stride++ : 0;
    const words = new Int32Array(rows * stride);
    for (let row = 0; row < rows; row++) {
      for (let i = 0; i < stride; i++) {
        const isKey = i < width;
        words[row * stride + i] = isKey ? random(i === 0 ? spread : 2) : random(2 ** 32);
      }
    }
    return { width, stride, kinds, offsets, flags, words };
  });

interface Part {
  readonly address: number;
  readonly room: number;
  readonly rows: number;
}

/** Puts all into 2^bits parts; none has room for more than a few records until it gets more. */
function put({ width, stride, words }: Records, bits: number): Part[] {
  const rows = words.length / stride;
  const source = block(words.byteLength + 16);
  const cursors = block(8 << bits);
  const room = rows * stride * 4 + 16;
  const parts = Array.from({ length: 1 << bits }, () => block(room + 16).pointer);
  const { i32, u32 } = kernelViews();
  i32.set(words, source.pointer / 4);
  const at = cursors.pointer / 4;
  parts.forEach((part, i) => u32.set([part, part], at + 2 * i));
  let stops = 0;
  for (let row = 0; row < rows; stops++) {
    const before = row;
    const args = [source.pointer, stride * 4, width * 4, row, rows, bits] as const;
    row = kernels.putRecords(...args, cursors.pointer);
    const { u32: now } = kernelViews();
    for (let i = 0; i < parts.length; i++) {
      const next = now[at + 2 * i]!;
      now[at + 2 * i + 1] = Math.max(next, now[at + 2 * i + 1]!) + stride * 4 * 700;
    }
    if (stops > 0) expect(row).toBeGreaterThan(before);
  }
  return parts.map((address, i) => {
    const bytes = kernelViews().u32[at + 2 * i]! - address;
    return { address, room: rows, rows: bytes / (stride * 4) };
  });
}

/** A state of a group: sums as bigints; undefined for what is not read. */
function twin(all: Records, rows: readonly number[], i: number): bigint | undefined {
  const { kinds, offsets, flags, words, stride } = all;
  const kind = kinds[i]!;
  const known = rows.filter(
    (row) => flags === 0 || ((words[row * stride + flags]! >>> i) & 1) === 0,
  );
  if (kind === 'known') return BigInt(known.length);
  const values = known.map((row) => {
    const at = row * stride + offsets[i]!;
    if (!isWide(kind)) return BigInt(words[at]!);
    return (BigInt(words[at + 1]!) << 32n) + BigInt(words[at]! >>> 0);
  });
  if (kind.startsWith('sum')) return values.reduce((a, b) => a + b, 0n);
  if (values.length === 0) return undefined;
  const isMin = kind.startsWith('min');
  return values.reduce((a, b) => (isMin === a < b ? a : b));
}

function stateAt(kind: GroupStateKind, at: number): bigint {
  const { i32, u32, i64 } = kernelViews();
  if (kind === 'known') return BigInt(u32[at / 4]!);
  if (kind === 'sum64') return (i64[at / 8 + 1]! << 32n) + i64[at / 8]!;
  return isWide(kind) || kind === 'sum32' ? i64[at / 8]! : BigInt(i32[at / 4]!);
}

it('groups the records of each part as a Map does', () => {
  fc.assert(
    fc.property(
      records,
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 0, max: 20 }),
      fc.integer({ min: 1, max: 2000 }),
      (all, bits, seedCount, cut) => {
        const { width, stride, kinds, offsets, flags, words } = all;
        const layout = block(GROUPS_BYTES + kinds.length * GROUP_STATE_BYTES);
        const order = [...kinds.keys()].sort(
          (a, b) => groupStateBytes(kinds[b]!) - groupStateBytes(kinds[a]!),
        );
        const units: number[] = [];
        let unit = 0;
        for (const i of order) {
          units[i] = unit;
          unit += groupStateBytes(kinds[i]!);
        }
        const head = [width * 4, stride * 4, flags * 4, unit, unit + 4, kinds.length];
        const states = kinds.flatMap((kind, i) => {
          return [GROUP_STATES[kind], offsets[i]! * 4, units[i]!, 1 << i];
        });
        kernelViews().u32.set([...head, ...states], layout.pointer / 4);
        const rowsOf = new Map<string, number[]>();
        for (let row = 0; row < words.length / stride; row++) {
          const key = words.subarray(row * stride, row * stride + width).join();
          rowsOf.set(key, [...(rowsOf.get(key) ?? []), row]);
        }
        const found = new Set<string>();
        for (const { address, rows } of put(all, bits)) {
          // Some of the first keys are seeds, and one that no record has.
          const seeds = new Map<string, Int32Array>([['none', new Int32Array(width).fill(-1)]]);
          for (let row = 0; row < Math.min(rows, seedCount); row++) {
            const at = (address + row * stride * 4) / 4;
            const key = kernelViews().i32.slice(at, at + width);
            seeds.set(key.join(), key);
          }
          const seedWords = block(seeds.size * (width + 1) * 4);
          [...seeds.values()].forEach((key, i) => {
            kernelViews().i32.set(key, seedWords.pointer / 4 + i * (width + 1));
          });
          const stretches: number[] = [];
          for (let row = 0; row < rows; row += cut) {
            stretches.push(address + row * stride * 4, Math.min(cut, rows - row));
          }
          const list = block(16 + stretches.length * 4);
          const pairs = [1, stretches.length / 2, seedWords.pointer, seeds.size, ...stretches];
          kernelViews().u32.set(pairs, list.pointer / 4);
          const room = (rows + seeds.size + 1) & ~1;
          const out = block(GROUPS_HEAD_BYTES + room * (unit + 4 + width * 4));
          const work = block(room * 12 + 8192);
          const group = (): void =>
            kernels.groupRecords(work.pointer, layout.pointer, list.pointer, room, out.pointer);
          // Whoever is late may do it again.
          group();
          group();
          const { u32, i32 } = kernelViews();
          const at = out.pointer + GROUPS_HEAD_BYTES;
          expect(u32[out.pointer / 4 + 1]).toBe(seeds.size);
          const keys = [...seeds.keys()];
          for (let g = 0; g < u32[out.pointer / 4]!; g++) {
            const keyAt = (at + (unit + 4) * room + g * width * 4) / 4;
            const key = i32.slice(keyAt, keyAt + width).join();
            if (g > 0 && g < seeds.size) expect(key).toBe(keys[g]);
            const rowNumbers = rowsOf.get(key) ?? [];
            if (rowNumbers.length > 0) {
              expect(found.has(key)).toBe(false);
              found.add(key);
            }
            expect(u32[(at + unit * room) / 4 + g]).toBe(rowNumbers.length);
            kinds.forEach((kind, i) => {
              const expected = twin(all, rowNumbers, i);
              if (expected === undefined) return;
              const state = at + units[i]! * room + g * groupStateBytes(kind);
              expect(stateAt(kind, state)).toBe(expected);
            });
          }
        }
        expect(found).toEqual(new Set(rowsOf.keys()));
      },
    ),
    { numRuns: rounds(20) },
  );
});
