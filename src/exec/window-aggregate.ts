/** Aggregates as window functions over the frames of one partition. */
import type { Accumulator } from '../functions/function.ts';
import type { WindowCall, WindowFrame } from '../plan/physical.ts';
import type { Value } from '../types/value.ts';
import type { VectorBuilder } from '../vector/builder.ts';
import { gather } from '../vector/gather.ts';
import { valueAt, type Vector } from '../vector/vector.ts';
import type { ExecContext } from './operator.ts';
import type { Frames, Peers } from './window-frame.ts';

/** Rows added to accumulators between two checkpoints. */
const STEP_ROWS = 65_536;

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
  out: VectorBuilder,
  context: ExecContext,
): Promise<void> {
  const { fn } = call;
  if (fn.kind !== 'aggregate') return;
  const input = filteredInput(partition);
  const create = (): Accumulator => fn.createAccumulator(call.call, context.eval, []);
  const { start } = partition.frames;
  const running =
    partition.exclude === 'none' &&
    start.every((row) => row === 0) &&
    isAscending(partition.frames.end);
  if (running) await runningValues(create(), partition, input, out, context);
  else await frameValues(create(), partition, input, out, context);
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

function isAscending(rows: Int32Array): boolean {
  for (let i = 1; i < rows.length; i++) if (rows[i] < rows[i - 1]) return false;
  return true;
}

/** Frames that start with the partition and only grow: one state goes along. */
async function runningValues(
  accumulator: Accumulator,
  { length, frames }: AggregatePartition,
  input: Input,
  out: VectorBuilder,
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
    if (row % STEP_ROWS === STEP_ROWS - 1) {
      const pause = context.checkpoint();
      if (pause !== undefined) await pause;
    }
  }
}

/** Any frames: each distinct frame is a group of its own. */
async function frameValues(
  accumulator: Accumulator,
  partition: AggregatePartition,
  input: Input,
  out: VectorBuilder,
  context: ExecContext,
): Promise<void> {
  const { length, frames, peers, exclude } = partition;
  const groupOf = new Int32Array(length);
  let groups = 0;
  let work = 0;
  for (let row = 0; row < length; row++) {
    const start = frames.start[row];
    const end = frames.end[row];
    if (
      exclude === 'none' &&
      row > 0 &&
      frames.start[row - 1] === start &&
      frames.end[row - 1] === end
    ) {
      groupOf[row] = groups - 1;
      continue;
    }
    const group = groups++;
    groupOf[row] = group;
    accumulator.ensureGroups(groups);
    for (const [from, to] of keptRanges(exclude, row, start, end, peers)) {
      addRange(accumulator, group, input, from, to);
    }
    work += end - start;
    if (work >= STEP_ROWS) {
      work = 0;
      const pause = context.checkpoint();
      if (pause !== undefined) await pause;
    }
  }
  const values = accumulator.finish(groups);
  for (let row = 0; row < length; row++) out.appendFrom(values, groupOf[row]);
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
  exclude: WindowFrame['exclude'],
  row: number,
  start: number,
  end: number,
  peers: Peers,
): [number, number][] {
  if (exclude === 'none') return [[start, end]];
  const from = exclude === 'current-row' ? row : peers.start(row);
  const to = exclude === 'current-row' ? row + 1 : peers.end(row);
  const ranges: [number, number][] = [[start, Math.min(end, from)]];
  if (exclude === 'ties' && row >= start && row < end) ranges.push([row, row + 1]);
  ranges.push([Math.max(start, to), end]);
  return ranges.filter(([low, high]) => high > low);
}
