/**
 * Rows of an aggregate with many groups: they are put aside instead of looked for, and grouped a part at a time
 * at the end. Groups that are known before stay where they are, and get what came of them.
 */
import type { AggregateCall, AggregateNode } from '../../plan/physical.ts';
import { inTurns, turn, type ExecContext } from '../operator.ts';
import { kernelTeam } from '../../kernels/kernel-team.ts';
import { kernels } from '../../kernels/kernels.ts';
import { freeBlock, kernelViews } from '../../kernels/memory.ts';
import { compileExprs, evaluateAll, type CompiledExprs } from '../expression.ts';
import { groupRecords, type GroupedRecords } from '../packed-keys/group-records.ts';
import type { PackedKeys } from '../packed-keys/packed-keys.ts';
import { allocate } from '../packed-keys/packed-table.ts';
import { COPY_BYTES, PartedRecords, PARTS_BYTES } from '../packed-keys/parted-records.ts';
import type { Batch, Vector } from '../../vector/vector.ts';
import { asidePlan, type AsidePlan } from './aside-plan.ts';
import { AsideRecords } from './aside-records.ts';
import { AsideStates, rangePieces, type GroupPiece, type GroupRange } from './aside-states.ts';
import type { CallState } from './call-input.ts';
import { StreamingCall } from './call-state.ts';
import { PAGE_GROUPS } from './group-pages.ts';

/** Groups of which no near cache holds what is known any more. */
const MANY_GROUPS = 1 << 16;
/** Groups from which on rows are put aside where they make new groups for the most part. */
const SOME_GROUPS = 1 << 14;
/** What must be free of the budget: room for some rows, and for what they may become. */
const BYTES_MIN = 4 * PARTS_BYTES;
const NUMBER_BYTES = 4;
/** 0, 1, 2 ... for a page of groups. */
const FIRST_NUMBERS = new Int32Array(PAGE_GROUPS).map((_, i) => i);

/** Groups with their keys, and what calls make of them. */
export class AsideGroups {
  readonly length: number;
  readonly #piece: GroupPiece;
  readonly #states: AsideStates;
  readonly #packed: PackedKeys;
  readonly #keyBytes: number;
  readonly #rows: Float64Array;

  constructor(piece: GroupPiece, states: AsideStates, packed: PackedKeys, keyBytes: number) {
    this.length = piece.length;
    this.#piece = piece;
    this.#states = states;
    this.#packed = packed;
    this.#keyBytes = keyBytes;
    this.#rows = states.rows(piece);
  }

  keys(): Vector[] {
    return this.#packed.decode(this.#states.keys(this.#piece), this.#keyBytes);
  }

  /** Adds them to calls that have them at these numbers among `count`. */
  feed(calls: readonly CallState[], numbers: Int32Array, count: number): void {
    for (const [i, call] of calls.entries()) this.#feedCall(i, call, numbers, count);
  }

  /** What a call makes of them, where nothing else is known of these groups. */
  async result(i: number, call: AggregateCall, context: ExecContext): Promise<Vector> {
    const { length } = this;
    const summaries = this.#states.summaries(i, this.#piece, this.#rows);
    const made = summaries && call.fn.ofSummaries?.(summaries, summaries.columns[0]);
    if (made !== undefined) return made;
    const state = new StreamingCall(call, context, undefined);
    this.#feedCall(i, state, FIRST_NUMBERS.subarray(0, length), length);
    return state.finish(0, length, context);
  }

  #feedCall(i: number, call: CallState, numbers: Int32Array, count: number): void {
    this.#states.feed(i, call, this.#piece, this.#rows, numbers, count);
  }
}

/** Groups: new ones; known ones with their numbers; or some that may be known and may come again. */
export type AsideResult =
  | { readonly kind: 'new' | 'any'; readonly groups: AsideGroups }
  | { readonly kind: 'known'; readonly groups: AsideGroups; readonly numbers: Int32Array };

export class GroupsAside {
  readonly #plan: AsidePlan;
  readonly #inputs: CompiledExprs;
  readonly #context: ExecContext;
  #packed: PackedKeys | undefined;
  #records: AsideRecords | undefined;
  #hasNulls = false;
  #isClosed = false;

  /** Undefined where the calls need their rows. */
  static of({ aggregates }: AggregateNode, context: ExecContext): GroupsAside | undefined {
    const plan = asidePlan(aggregates);
    return plan && new GroupsAside(plan, context);
  }

  private constructor(plan: AsidePlan, context: ExecContext) {
    this.#plan = plan;
    this.#context = context;
    this.#inputs = compileExprs(plan.inputs.map(({ expr }) => expr));
  }

  get isOpen(): boolean {
    return this.#records !== undefined;
  }

  get bytes(): number {
    return this.#records?.bytes ?? 0;
  }

  /** Whether rows are put aside, where so many have so many groups and so much is left of the budget. */
  takes(rows: number, groups: number, bytesLeft: number): boolean {
    if (this.#isClosed) return false;
    const isMany = groups >= MANY_GROUPS || (groups >= SOME_GROUPS && 2 * groups > rows);
    return this.isOpen || (isMany && bytesLeft > BYTES_MIN);
  }

  /** Puts rows aside; false, and nothing done, where what is aside has no place for them. */
  async add(packed: PackedKeys, keys: readonly Vector[], batch: Batch): Promise<boolean> {
    const { length } = batch;
    const inputs = await evaluateAll(this.#inputs, batch, this.#context);
    await inTurns(packed.prepare(keys, length), this.#context);
    if (inputs.some(({ nulls }) => nulls?.includes(1) === true)) this.#hasNulls = true;
    const known = this.#records;
    if (known !== undefined && !this.#isFit(known, packed)) return false;
    const records = known ?? new AsideRecords(this.#plan, packed.keyBytes, this.#hasNulls);
    this.#packed = packed;
    this.#records = records;
    const isPut = records.put(packed, keys, inputs, length);
    // What does not fit has no packed form: others will not fit, either.
    if (!isPut) this.#isClosed = true;
    return isPut;
  }

  #isFit(records: AsideRecords, packed: PackedKeys): boolean {
    return records.hasNulls === this.#hasNulls && records.parted.width === packed.keyBytes;
  }

  /** All groups of what was put aside, which is over then. `known` are the keys that have numbers. */
  async *results(
    known: PackedKeys | undefined,
    count: number,
  ): AsyncGenerator<AsideResult, void, void> {
    const records = this.#records;
    const packed = this.#packed;
    if (records === undefined || packed === undefined) return;
    this.#records = undefined;
    const isFit = known === packed && packed.keyBytes === records.parted.width;
    const seeds = isFit ? await this.#seeds(packed, count) : undefined;
    const states = new AsideStates(this.#plan, records);
    try {
      for (const step of groupRecords(records.parted, seeds, records.layout, kernelTeam)) {
        yield* this.#stepResults(step, states, packed, records.parted.width, isFit);
        await turn(this.#context);
      }
    } finally {
      states.free();
      // What a late helper reads is freed when it is collected.
      if (kernelTeam.isIdle) {
        records.free();
        seeds?.free();
      }
    }
  }

  async *#stepResults(
    step: readonly GroupedRecords[],
    states: AsideStates,
    packed: PackedKeys,
    keyBytes: number,
    isFit: boolean,
  ): AsyncGenerator<AsideResult, void, void> {
    const all = { known: [] as GroupRange[], new: [] as GroupRange[], any: [] as GroupRange[] };
    for (const part of step) {
      const seeds = seedCount(part);
      if (seeds > 0) all.known.push({ part, first: 0, count: seeds });
      const rest = part.isWhole && isFit ? all.new : all.any;
      rest.push({ part, first: seeds, count: part.count - seeds });
    }
    for (const kind of ['known', 'any', 'new'] as const) {
      for (const piece of rangePieces(all[kind], PAGE_GROUPS)) {
        const groups = new AsideGroups(piece, states, packed, keyBytes);
        if (kind !== 'known') yield { kind, groups };
        else yield { kind, groups, numbers: seedNumbers(piece, keyBytes) };
        await turn(this.#context);
      }
    }
  }

  /** The keys that have numbers, each with its own behind it, by parts. */
  async #seeds(packed: PackedKeys, count: number): Promise<PartedRecords> {
    const width = packed.keyBytes;
    const stride = width + NUMBER_BYTES;
    const seeds = new PartedRecords(width, stride);
    let number = 0;
    for (const [keys, length] of packed.stretches(0, count)) {
      const stage = allocate(length * stride + COPY_BYTES);
      kernels.widenKeys(keys, width, length, stage.pointer, stride);
      const { u32 } = kernelViews();
      const step = stride >>> 2;
      for (let i = 0, at = (stage.pointer + width) >>> 2; i < length; i++, at += step) {
        u32[at] = number++;
      }
      seeds.put(stage.pointer, length);
      freeBlock(stage);
      await turn(this.#context);
    }
    return seeds;
  }
}

function seedCount({ seeds }: GroupedRecords): number {
  return seeds.reduce((sum, { rows }) => sum + rows, 0);
}

/** The numbers behind the seeds that are the first groups of their parts. */
function seedNumbers({ ranges, length }: GroupPiece, width: number): Int32Array {
  const numbers = new Int32Array(length);
  const { i32 } = kernelViews();
  const step = (width + NUMBER_BYTES) >>> 2;
  let done = 0;
  for (const { part, first, count } of ranges) {
    let skip = first;
    let left = count;
    for (const { address, rows } of part.seeds) {
      const skipped = Math.min(skip, rows);
      const taken = Math.min(left, rows - skipped);
      let at = ((address + width) >>> 2) + skipped * step;
      for (let i = 0; i < taken; i++, at += step) numbers[done++] = i32[at];
      skip -= skipped;
      left -= taken;
    }
  }
  return numbers;
}
