/** Aggregates as window functions over the frames of sorted partitions. */
import type { Accumulator, RowValues } from '../functions/function.ts';
import type { WindowCall, WindowFrame } from '../plan/physical.ts';
import type { Value } from '../types/value.ts';
import { PartsBuilder } from '../vector/parts-builder.ts';
import { BATCH_ROWS, valueAt, type Vector } from '../vector/vector.ts';
import { inTurns, stretches, turn, type ExecContext } from './operator.ts';
import type { RowGroups } from './row-groups.ts';
import type { Frames } from './window-frame.ts';
import type { SortedRows } from './window-rows.ts';

/** Rows added to accumulators, or put out, between two checkpoints. */
const STEP_ROWS = 16_384;
/** Rows of a running value, each of which makes a result, between two checkpoints. */
const CHECK_ROWS = 1024;
/** Rows looked at between two checkpoints. */
const LOOK_ROWS = 131_072;
/** Frames that are aggregated together: each is a group of an accumulator. */
const FRAMES_MAX = 4096;

export interface AggregateRows {
  readonly rows: SortedRows;
  /** Values of the rows that FILTER lets through. */
  readonly args: readonly Vector[];
  /** These rows, or undefined for all. */
  readonly filterRows: Int32Array | undefined;
  readonly frames: Frames;
  readonly exclude: WindowFrame['exclude'];
}

/** The call's value for each row. */
export async function windowAggregate(
  call: WindowCall,
  all: AggregateRows,
  context: ExecContext,
): Promise<RowValues> {
  const { fn } = call;
  if (fn.kind !== 'aggregate') throw new TypeError(`${fn.name} is no aggregate`);
  const running = await isRunning(all, context);
  if (all.filterRows === undefined && all.exclude === 'none' && fn.overFrames !== undefined) {
    const { frames, args, rows } = all;
    const { batch, partitions } = rows;
    const input = { length: batch.length, args, partitions, isRunning: running, ...frames };
    const values = await inTurns(fn.overFrames(input, call.call), context);
    if (values !== undefined) return values;
  }
  const create = (): Accumulator => fn.createAccumulator(call.call, context.eval, []);
  const out = new PartsBuilder(call.type, BATCH_ROWS);
  if (running) await runningValues(create, all, out, context);
  else await frameValues(create, all, out, context);
  const parts = out.finish();
  return (start) => parts[start / BATCH_ROWS];
}

/** Whether each frame begins with its partition and they only grow. */
async function isRunning(
  { exclude, frames: { start, end }, rows: { partitions } }: AggregateRows,
  context: ExecContext,
): Promise<boolean> {
  let running = exclude === 'none';
  const { groupOf, starts, length } = partitions;
  await stretches(running ? length : 0, LOOK_ROWS, context, (first, last) => {
    for (let row = first; row < last && running; row++) {
      const from = starts[groupOf[row]];
      running = start[row] === from && (row === from || end[row] >= end[row - 1]);
    }
  });
  return running;
}

interface Input {
  readonly args: readonly Vector[];
  /** Position among the filtered rows of each row and of the end; undefined without FILTER. */
  readonly positions: Int32Array | undefined;
}

function filteredInput({ args, filterRows, rows }: AggregateRows): Input {
  if (filterRows === undefined) return { args, positions: undefined };
  const { length } = rows.batch;
  const positions = new Int32Array(length + 1);
  let next = 0;
  for (let row = 0; row < length; row++) {
    positions[row] = next;
    if (filterRows[next] === row) next++;
  }
  positions[length] = next;
  return { args, positions };
}

/** Frames that start with their partition and only grow: one state goes along. */
async function runningValues(
  create: () => Accumulator,
  all: AggregateRows,
  out: PartsBuilder,
  context: ExecContext,
): Promise<void> {
  const { frames, rows } = all;
  const { partitions, batch } = rows;
  const input = filteredInput(all);
  let accumulator = create();
  let done = -1;
  let value: Value = null;
  for (let row = 0; row < batch.length; row++) {
    const start = partitions.start(row);
    const isFirst = row === start;
    if (isFirst) {
      accumulator = create();
      accumulator.ensureGroups(1);
      done = start;
    }
    const end = frames.end[row];
    if (end > done || isFirst) {
      addRange(accumulator, 0, input, done, end);
      done = Math.max(done, end);
      value = valueAt(accumulator.finish(1), 0);
    }
    out.append(value);
    if (row % CHECK_ROWS === 0) await turn(context);
  }
}

/** Any frames: each distinct frame is a group of its own. */
async function frameValues(
  create: () => Accumulator,
  all: AggregateRows,
  out: PartsBuilder,
  context: ExecContext,
): Promise<void> {
  const { frames, exclude, rows } = all;
  const { length } = rows.batch;
  const input = filteredInput(all);
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
      addFrame(accumulator, groups - 1, input, all, row);
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
  { frames, rows, exclude }: AggregateRows,
  row: number,
): void {
  const [start, end] = [frames.start[row], frames.end[row]];
  if (exclude === 'none') {
    addRange(accumulator, group, input, start, end);
    return;
  }
  for (const [from, to] of keptRanges(exclude, row, start, end, rows.peers)) {
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
  peers: RowGroups,
): [number, number][] {
  const from = exclude === 'current-row' ? row : peers.start(row);
  const to = exclude === 'current-row' ? row + 1 : peers.end(row);
  const ranges: [number, number][] = [[start, Math.min(end, from)]];
  if (exclude === 'ties' && row >= start && row < end) ranges.push([row, row + 1]);
  ranges.push([Math.max(start, to), end]);
  return ranges.filter(([low, high]) => high > low);
}
