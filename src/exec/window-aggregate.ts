/** Aggregates as window functions over the frames of one partition. */
import type { Accumulator } from '../functions/function.ts';
import type { WindowCall, WindowFrame } from '../plan/physical.ts';
import type { Value } from '../types/value.ts';
import { gather } from '../vector/gather.ts';
import type { PartsBuilder } from '../vector/parts-builder.ts';
import { valueAt, type Vector } from '../vector/vector.ts';
import { stretches, turn, type ExecContext } from './operator.ts';
import type { Frames, Peers } from './window-frame.ts';

/** Rows added to accumulators, or put out, between two checkpoints. */
const STEP_ROWS = 16_384;
/** Rows of a running value, each of which makes a result, between two checkpoints. */
const CHECK_ROWS = 1024;
/** Rows looked at between two checkpoints. */
const LOOK_ROWS = 131_072;
/** Frames that are aggregated together: each is a group of an accumulator. */
const FRAMES_MAX = 4096;

export interface AggregatePartition {
  readonly length: number;
  readonly args: readonly Vector[];
  /** Rows that FILTER lets through, or undefined for all. */
  readonly filterRows: Int32Array | undefined;
  readonly frames: Frames;
  readonly peers: Peers;
  readonly exclude: WindowFrame['exclude'];
}

/** Appends the call's value for each row of the partition. */
export async function windowAggregate(
  call: WindowCall,
  partition: AggregatePartition,
  out: PartsBuilder,
  context: ExecContext,
): Promise<void> {
  const { fn } = call;
  if (fn.kind !== 'aggregate') return;
  const input = filteredInput(partition);
  const create = (): Accumulator => fn.createAccumulator(call.call, context.eval, []);
  if (await isRunning(partition, context)) {
    await runningValues(create(), partition, input, out, context);
  } else await frameValues(create, partition, input, out, context);
}

/** Whether all frames begin with the partition and only grow. */
async function isRunning(
  { exclude, frames: { start, end }, length }: AggregatePartition,
  context: ExecContext,
): Promise<boolean> {
  let running = exclude === 'none';
  await stretches(running ? length : 0, LOOK_ROWS, context, (first, last) => {
    for (let row = first; row < last && running; row++) {
      running = start[row] === 0 && (row === 0 || end[row] >= end[row - 1]);
    }
  });
  return running;
}

interface Input {
  readonly args: readonly Vector[];
  /** Position among the filtered rows of each row and of the end; undefined without FILTER. */
  readonly positions: Int32Array | undefined;
}

function filteredInput({ args, filterRows, length }: AggregatePartition): Input {
  if (filterRows === undefined) return { args, positions: undefined };
  const positions = new Int32Array(length + 1);
  let next = 0;
  for (let row = 0; row < length; row++) {
    positions[row] = next;
    if (filterRows[next] === row) next++;
  }
  positions[length] = next;
  return { args: args.map((arg) => gather(arg, filterRows)), positions };
}

/** Frames that start with the partition and only grow: one state goes along. */
async function runningValues(
  accumulator: Accumulator,
  { length, frames }: AggregatePartition,
  input: Input,
  out: PartsBuilder,
  context: ExecContext,
): Promise<void> {
  accumulator.ensureGroups(1);
  let done = 0;
  let value: Value = null;
  let known = false;
  for (let row = 0; row < length; row++) {
    const end = frames.end[row];
    if (end > done || !known) {
      addRange(accumulator, 0, input, done, end);
      done = end;
      value = valueAt(accumulator.finish(1), 0);
      known = true;
    }
    out.append(value);
    if (row % CHECK_ROWS === 0) await turn(context);
  }
}

/** Any frames: each distinct frame is a group of its own. */
async function frameValues(
  create: () => Accumulator,
  partition: AggregatePartition,
  input: Input,
  out: PartsBuilder,
  context: ExecContext,
): Promise<void> {
  const { length, frames, exclude } = partition;
  const groupOf = new Int32Array(length);
  let accumulator = create();
  let groups = 0;
  let done = 0;
  let work = 0;
  const putOut = (end: number): void => {
    const values = accumulator.finish(groups);
    for (; done < end; done++) out.appendFrom(values, groupOf[done]);
    accumulator = create();
    groups = 0;
  };
  for (let row = 0; row < length; row++) {
    const start = frames.start[row];
    const end = frames.end[row];
    const isRepeat =
      exclude === 'none' &&
      row > done &&
      frames.start[row - 1] === start &&
      frames.end[row - 1] === end;
    if (!isRepeat) {
      if (groups === FRAMES_MAX) putOut(row);
      accumulator.ensureGroups(++groups);
      addFrame(accumulator, groups - 1, input, partition, row);
      work += end - start;
    }
    groupOf[row] = groups - 1;
    if (++work < STEP_ROWS) continue;
    work = 0;
    await turn(context);
  }
  putOut(length);
}

function addFrame(
  accumulator: Accumulator,
  group: number,
  input: Input,
  { frames, peers, exclude }: AggregatePartition,
  row: number,
): void {
  const [start, end] = [frames.start[row], frames.end[row]];
  if (exclude === 'none') {
    addRange(accumulator, group, input, start, end);
    return;
  }
  for (const [from, to] of keptRanges(exclude, row, start, end, peers)) {
    addRange(accumulator, group, input, from, to);
  }
}

function addRange(
  accumulator: Accumulator,
  group: number,
  { args, positions }: Input,
  from: number,
  to: number,
): void {
  const start = positions === undefined ? from : positions[from];
  const end = positions === undefined ? to : positions[to];
  if (end > start) accumulator.addRun(group, args, start, end);
}

/** The frame without what EXCLUDE takes out. */
function keptRanges(
  exclude: Exclude<WindowFrame['exclude'], 'none'>,
  row: number,
  start: number,
  end: number,
  peers: Peers,
): [number, number][] {
  const from = exclude === 'current-row' ? row : peers.start(row);
  const to = exclude === 'current-row' ? row + 1 : peers.end(row);
  const ranges: [number, number][] = [[start, Math.min(end, from)]];
  if (exclude === 'ties' && row >= start && row < end) ranges.push([row, row + 1]);
  ranges.push([Math.max(start, to), end]);
  return ranges.filter(([low, high]) => high > low);
}
