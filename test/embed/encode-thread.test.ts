/** The thread that encodes columns, as the build makes it: its blocks are those of the event loop. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kernelModule } from '../../src/kernels/kernels.ts';
import {
  kernelCopy,
  kernelMemory,
  tryAllocate,
  type KernelBlock,
} from '../../src/kernels/memory.ts';
import { createNodeTimers } from '../../src/platform/node-timers.ts';
import { Thread } from '../../src/platform/threads.ts';
import { finishNow } from '../../src/base/steps.ts';
import {
  encodeLaneSteps,
  type EncodedColumn,
  type EncodeLanesJob,
  type JobIntervals,
} from '../../src/storage/hypertable/encode-lanes.ts';
import { firstOfPieces } from '../../src/storage/hypertable/sketch-intervals.ts';
import type { OrderJob, RefineJob } from '../../src/storage/hypertable/sort-jobs.ts';
import { sortRows } from '../../src/storage/hypertable/sort-rows.ts';
import type { PlainColumn } from '../../src/storage/hypertable/stored-column.ts';
import { TextDictionary } from '../../src/storage/hypertable/text-dictionary.ts';
import { sortOnThread, type Sorter } from '../../src/storage/hypertable/thread-sort.ts';
import { joinLanes, lanesOf, type BoundedLanes } from '../../src/storage/hypertable/page-lanes.ts';
import { randomOf } from '../unit/storage/hypertable/support.ts';
import { seedOf } from '../support/seed.ts';

const PROGRAM = join(import.meta.dirname, '../../dist/encode-worker.js');
const SEED = seedOf('encode thread');
const SCRATCH_BYTES = 4 * 1024 * 1024;
const PAGE_ROWS = 65_536;

describe('the encoding thread', () => {
  let scratch: KernelBlock;
  let thread: Thread;

  beforeAll(() => {
    scratch = tryAllocate(SCRATCH_BYTES) as KernelBlock;
    thread = new Thread(PROGRAM, {
      memory: kernelMemory,
      module: kernelModule,
      scratch: scratch.pointer,
      scratchBytes: scratch.bytes,
    });
  });

  afterAll(() => thread.stop());

  function randomJob(random: () => number): EncodeLanesJob {
    const pages: BoundedLanes[] = [];
    const places = Math.floor(random() * 3);
    const range = 10 ** (1 + random() * 7);
    for (let page = 0; page < 3; page++) {
      const rows = page < 2 ? PAGE_ROWS : 1 + Math.floor(random() * PAGE_ROWS);
      const data = Float64Array.from(
        { length: rows },
        () => Math.floor(random() * range) / 10 ** places,
      );
      pages.push(lanesOf(data, undefined, rows) as BoundedLanes);
    }
    const lanes = joinLanes(pages) as BoundedLanes;
    const rows = 1 + Math.floor(random() * lanes.length);
    const order = Int32Array.from({ length: rows }, () => Math.floor(random() * lanes.length));
    const isCold = random() < 0.3;
    const intervals = random() < 0.7 ? randomIntervals(random, rows) : undefined;
    const sketched = { intervals, sumKind: random() < 0.5 ? 'exact' : 'float' } as const;
    const copy = kernelCopy(order) as KernelBlock;
    return { kind: 'encode', lanes, order: copy, rows, isCold, ...sketched };
  }

  function randomIntervals(random: () => number, rows: number): JobIntervals {
    const starts: number[] = [];
    for (let row = 0; row < rows;) {
      starts.push(row);
      const pieceEnd = row - (row % PAGE_ROWS) + PAGE_ROWS;
      row = Math.min(pieceEnd, row + 1 + Math.floor(random() * 900));
    }
    const count = starts.length;
    const firsts = firstOfPieces(Int32Array.from(starts), rows);
    const borders = new Int32Array(count * 2);
    starts.forEach((start, i) => {
      borders[i] = start % PAGE_ROWS;
      borders[count + i] = borders[i] + (starts[i + 1] ?? rows) - start;
    });
    return { borders: kernelCopy(borders) as KernelBlock, count, firsts };
  }

  const encodeAll = (job: EncodeLanesJob): EncodedColumn => finishNow(encodeLaneSteps(job));

  it(`encodes what the event loop encodes, while both do (SEED=${SEED})`, async () => {
    const random = randomOf(SEED);
    for (let round = 0; round < 6; round++) {
      const jobs = Array.from({ length: 3 }, () => randomJob(random));
      const answers = jobs.map((job) => thread.run(job, job));
      const own = jobs.map((job) => encodeAll(job));
      const theirs = (await Promise.all(answers)) as EncodedColumn[];
      own.forEach(({ blocks, sketch }, j) => {
        const column = theirs[j] as EncodedColumn;
        expect(column.blocks).toHaveLength(blocks.length);
        blocks.forEach(({ value, zones }, i) => {
          expect(Buffer.compare(column.blocks[i]!.value, value)).toBe(0);
          expect(column.blocks[i]!.zones).toEqual(zones);
        });
        expect(sketch === undefined).toBe(jobs[j]!.intervals === undefined);
        expect(column.sketch?.has).toBe(sketch?.has);
        sketch?.parts.forEach(({ part, value }, i) => {
          expect(column.sketch?.parts[i]?.part).toBe(part);
          expect(Buffer.compare(column.sketch!.parts[i]!.value, value)).toBe(0);
        });
      });
    }
  });

  it(`sorts as the event loop does (SEED=${SEED})`, async () => {
    const random = randomOf(SEED);
    const rows = 50_000;
    const codes = Int32Array.from({ length: rows }, () => Math.floor(random() * 300));
    const times = Float64Array.from({ length: rows }, () => Math.floor(random() * 1000));
    const run = (job: RefineJob | OrderJob): Promise<unknown> => thread.run(job, job);
    const sorter: Sorter = {
      takes: () => true,
      refine: (job) => run(job) as Promise<number>,
      order: (job) => run(job) as Promise<Int32Array<ArrayBuffer>>,
    };
    const dictionary = new TextDictionary();
    const column: PlainColumn = { rep: 'text', codes, dictionary, nulls: undefined };
    const sorted = await sortOnThread(sorter, [column, column], times, rows, createNodeTimers());
    expect(sorted).toEqual(sortRows([column], times, rows, undefined));
  });

  it('sees memory that has grown since it began', async () => {
    const size = kernelMemory.buffer.byteLength;
    const blocks: KernelBlock[] = [];
    while (kernelMemory.buffer.byteLength === size) {
      blocks.push(tryAllocate(8 * 1024 * 1024) as KernelBlock);
    }
    const job = randomJob(randomOf(SEED + 1));
    const theirs = (await thread.run(job, [job.lanes.block, job.order])) as EncodedColumn;
    encodeAll(job).blocks.forEach(({ value }, i) => {
      expect(Buffer.compare(theirs.blocks[i]!.value, value)).toBe(0);
    });
    expect(blocks.length).toBeGreaterThan(0);
  });

  it('says what a job failed with, and goes on', async () => {
    await expect(thread.run({ rows: 5 }, [])).rejects.toThrow('undefined');
    const job = randomJob(randomOf(SEED + 2));
    const { blocks } = (await thread.run(job, [])) as EncodedColumn;
    expect(blocks).toHaveLength(encodeAll(job).blocks.length);
  });

  it('rejects what waits when it ends', async () => {
    const share = { memory: kernelMemory, module: kernelModule, scratch: 0, scratchBytes: 0 };
    const other = new Thread(PROGRAM, share);
    const waiting = other.run(randomJob(randomOf(SEED + 3)), []);
    const ended = expect(waiting).rejects.toThrow();
    await other.stop();
    await ended;
    await expect(other.run({}, [])).rejects.toThrow();
  });
});
