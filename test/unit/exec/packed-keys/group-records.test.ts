/** Records of groups that several threads group, one of which is late. */
import { expect, it } from 'vitest';
import { groupRecords } from '../../../../src/exec/packed-keys/group-records.ts';
import { PartedRecords } from '../../../../src/exec/packed-keys/parted-records.ts';
import { RecordLayout } from '../../../../src/exec/packed-keys/record-layout.ts';
import { KernelTeam } from '../../../../src/kernels/kernel-team.ts';
import type { KernelThread } from '../../../../src/kernels/kernel-thread.ts';
import { kernelViews, tryAllocate, type KernelBlock } from '../../../../src/kernels/memory.ts';

/** The words of a list of calls: where the next one stands, the arguments of the first, the last of these. */
const [FIRST_ARGS, OUT] = [3, 4];

/** Takes a list's first call, and has done a part of it when nobody waits any more. */
class LateHelper {
  waiting = 0;
  taken: number[] = [];
  #end: ((done: void) => void) | undefined;

  run(list: number): Promise<void> {
    const { i32 } = kernelViews();
    if (Atomics.add(i32, list / 4, 1) === 0) this.taken.push(i32[list / 4 + FIRST_ARGS + OUT]!);
    this.waiting++;
    return new Promise<void>((resolve) => (this.#end = resolve)).then(() => void this.waiting--);
  }

  /** Adds up where it was told to. */
  work(bytes: number): void {
    const { u8 } = kernelViews();
    for (const out of this.taken) u8.fill(1, out, out + bytes);
    this.taken = [];
  }

  end(): void {
    this.#end?.();
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }
}

it('does not read what a late helper still adds up', () => {
  const [rows, keys] = [20_000, 3000];
  const helper = new LateHelper();
  const team = new KernelTeam([helper as unknown as KernelThread]);
  const records = new PartedRecords(4, 8);
  const source = tryAllocate(rows * 8 + 16) as KernelBlock;
  const { i32 } = kernelViews();
  const expected = new Map<number, { count: number; sum: number }>();
  for (let row = 0; row < rows; row++) {
    const [key, value] = [(row * 7) % keys, (row * 7919) % 1000];
    i32.set([key, value], source.pointer / 4 + row * 2);
    const { count, sum } = expected.get(key) ?? { count: 0, sum: 0 };
    expected.set(key, { count: count + 1, sum: sum + value });
  }
  records.put(source.pointer, rows);
  const layout = new RecordLayout(4, 8, 0, [{ kind: 'sum32', offset: 4, nullBit: 1 }]);
  const found = new Map<number, { count: number; sum: number }>();
  let late = 0;
  for (const step of groupRecords(records, undefined, layout, team)) {
    late += helper.taken.length;
    helper.work(layout.bytes(10));
    const views = kernelViews();
    for (const part of step) {
      for (let g = 0; g < part.count; g++) {
        const key = views.i32[layout.keysAt(part) / 4 + g]!;
        const count = views.u32[layout.countsAt(part) / 4 + g]!;
        const sum = Number(views.i64[layout.stateAt(part, 0) / 8 + g]);
        expect(found.has(key)).toBe(false);
        found.set(key, { count, sum });
      }
    }
    helper.end();
  }
  expect(late).toBeGreaterThan(0);
  expect(found).toEqual(expected);
});
