/**
 * The groups of records that were put aside, a part at a time, each in a near cache, on several threads. A table
 * of many groups is read here and there, where memory is slow.
 */
import type { KernelCall } from '../../kernels/call-list.ts';
import type { KernelTeam } from '../../kernels/kernel-team.ts';
import { freeBlock, kernelViews, type KernelBlock } from '../../kernels/memory.ts';
import { allocate } from './packed-table.ts';
import { PARTS, type PartedRecords, type RecordStretch } from './parted-records.ts';
import type { PartGroups, RecordLayout } from './record-layout.ts';

/** Records grouped at once: what the threads have to work in has room for their slots. */
const STRETCH_ROWS = 40_000;
/** Records grouped between two turns of the event loop. */
const STEP_ROWS = 1 << 18;

export interface GroupedRecords extends PartGroups {
  /** Where the first groups come from. */
  readonly seeds: readonly RecordStretch[];
  /** Whether there are no other rows of these groups. */
  readonly isWhole: boolean;
}

/** Records that one call takes. */
interface Share {
  readonly stretches: readonly RecordStretch[];
  readonly seeds: readonly RecordStretch[];
  readonly rows: number;
  readonly isWhole: boolean;
}

/**
 * Steps with the groups of some parts each, which are there until the next step. The keys of `seeds`, which are
 * not many, are the first groups of their parts where all of a part is grouped at once.
 */
export function* groupRecords(
  records: PartedRecords,
  seeds: PartedRecords | undefined,
  layout: RecordLayout,
  team: KernelTeam,
): Generator<readonly GroupedRecords[], void, void> {
  let step: Share[] = [];
  let rows = 0;
  for (const share of shares(records, seeds)) {
    if (rows + share.rows > STEP_ROWS && step.length > 0) {
      yield* grouped(step, layout, [...records.blocks, ...(seeds?.blocks ?? [])], team);
      step = [];
      rows = 0;
    }
    step.push(share);
    rows += share.rows;
  }
  if (step.length > 0) {
    yield* grouped(step, layout, [...records.blocks, ...(seeds?.blocks ?? [])], team);
  }
}

function* shares(
  records: PartedRecords,
  seeds: PartedRecords | undefined,
): Generator<Share, void, void> {
  for (let part = 0; part < PARTS; part++) {
    const all = records.stretches(part);
    const first = seeds?.stretches(part) ?? [];
    const rows = rowsOf(all) + rowsOf(first);
    if (all.length === 0) continue;
    if (rows <= STRETCH_ROWS) {
      yield { stretches: all, seeds: first, rows, isWhole: true };
      continue;
    }
    let some: RecordStretch[] = [];
    for (const stretch of all) {
      if (rowsOf(some) + stretch.rows > STRETCH_ROWS) {
        yield { stretches: some, seeds: [], rows: rowsOf(some), isWhole: false };
        some = [];
      }
      some.push(stretch);
    }
    yield { stretches: some, seeds: [], rows: rowsOf(some), isWhole: false };
  }
}

function* grouped(
  step: readonly Share[],
  layout: RecordLayout,
  held: readonly KernelBlock[],
  team: KernelTeam,
): Generator<readonly GroupedRecords[], void, void> {
  const lists = writeLists(step);
  const rooms = step.map(({ rows }) => rows + (rows & 1));
  const out = allocate(rooms.reduce((sum, room) => sum + layout.bytes(room) + 16, 0));
  const places: number[] = [];
  const callTo = (i: number, target: number): KernelCall => {
    places[i] = target;
    const args = [0, layout.block.pointer, lists.addresses[i], rooms[i], target];
    return { kernel: 'groupRecords', args };
  };
  let at = out.pointer;
  const calls = step.map((_, i) => {
    const call = callTo(i, at);
    at += (layout.bytes(rooms[i]) + 15) & ~15;
    return call;
  });
  // A helper that is late still adds up where it was told to.
  const spares: KernelBlock[] = [];
  const redo = (i: number): KernelCall => {
    const spare = allocate(layout.bytes(rooms[i]) + 16);
    spares.push(spare);
    return callTo(i, spare.pointer);
  };
  const release = team.run(calls, out, [layout.block, lists.block, ...held], redo);
  try {
    const { u32 } = kernelViews();
    yield step.map(({ seeds, isWhole }, i) => {
      const count = u32[places[i] >>> 2];
      return { address: places[i], room: rooms[i], count, seeds, isWhole };
    });
  } finally {
    release();
    for (const spare of spares) freeBlock(spare);
    if (team.isIdle) freeBlock(lists.block);
  }
}

/** Tells the kernels where the records are. */
function writeLists(step: readonly Share[]): { block: KernelBlock; addresses: number[] } {
  const words: number[] = [];
  const starts: number[] = [];
  for (const { stretches, seeds } of step) {
    starts.push(words.length);
    words.push(seeds.length, stretches.length);
    for (const { address, rows } of [...seeds, ...stretches]) words.push(address, rows);
  }
  const block = allocate(words.length * 4);
  kernelViews().u32.set(words, block.pointer >>> 2);
  return { block, addresses: starts.map((start) => block.pointer + start * 4) };
}

function rowsOf(stretches: readonly RecordStretch[]): number {
  return stretches.reduce((sum, { rows }) => sum + rows, 0);
}
