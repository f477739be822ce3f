/** Rows of groups as records: their packed keys, the values that calls take, and which of these are NULL. */
import { fieldKind, KeyField } from '../packed-keys/key-field.ts';
import { allocate } from '../packed-keys/packed-table.ts';
import type { PackedKeys } from '../packed-keys/packed-keys.ts';
import { COPY_BYTES, PartedRecords } from '../packed-keys/parted-records.ts';
import { RecordLayout, type GroupState } from '../packed-keys/record-layout.ts';
import { freeBlock, kernelViews, type KernelBlock } from '../../kernels/memory.ts';
import type { Vector } from '../../vector/vector.ts';
import type { AsidePlan } from './aside-plan.ts';

const FLAG_BYTES = 4;

/** What a call takes of the states: its own, and how many rows are not NULL; -1 for none. */
export interface CallStates {
  readonly state: number;
  readonly known: number;
}

export class AsideRecords {
  readonly parted: PartedRecords;
  readonly layout: RecordLayout;
  readonly calls: readonly CallStates[];
  /** By input: how its values are written, undefined for those that are only counted. */
  readonly fields: readonly (KeyField | undefined)[];
  readonly hasNulls: boolean;
  readonly #offsets: number[] = [];
  readonly #flags: number;
  #stage: KernelBlock | undefined;

  /** For keys of so many bytes; with bits for NULLs of the inputs where `hasNulls`. */
  constructor(plan: AsidePlan, keyBytes: number, hasNulls: boolean) {
    this.hasNulls = hasNulls;
    this.fields = plan.inputs.map(({ expr: { type }, isKept }) => {
      const kind = fieldKind(type);
      return isKept && kind !== undefined ? new KeyField(type, kind, undefined) : undefined;
    });
    let stride = keyBytes;
    for (const [i, field] of this.fields.entries()) {
      this.#offsets[i] = stride;
      stride += field?.bytes ?? 0;
    }
    this.#flags = hasNulls ? stride : 0;
    if (hasNulls) stride += FLAG_BYTES;
    const states = new States(this.#offsets);
    this.calls = plan.calls.map(({ input, state }) => ({
      state: state === undefined ? -1 : states.of(state, input),
      known: hasNulls && input >= 0 ? states.of('known', input) : -1,
    }));
    this.parted = new PartedRecords(keyBytes, stride);
    this.layout = new RecordLayout(keyBytes, stride, this.#flags, states.all);
  }

  get bytes(): number {
    return this.parted.bytes + (this.#stage?.bytes ?? 0);
  }

  /** Puts rows aside whose keys are prepared; false, and nothing done, where some do not fit. */
  put(
    packed: PackedKeys,
    keys: readonly Vector[],
    inputs: readonly Vector[],
    length: number,
  ): boolean {
    const { stride } = this.parted;
    const stage = this.#room(length);
    const records = stage + length * 8;
    if (!packed.write(keys, length, records, stride)) return false;
    for (const [i, field] of this.fields.entries()) {
      if (field === undefined) continue;
      const target = records + this.#offsets[i];
      if (!field.encode(inputs[i], length, true, target, stride, stage)) return false;
    }
    if (this.hasNulls) this.#writeFlags(inputs, length, records + this.#flags);
    this.parted.put(records, length);
    return true;
  }

  /** Gives its memory back; no helper may still read it. */
  free(): void {
    this.parted.free();
    freeBlock(this.layout.block);
    if (this.#stage !== undefined) freeBlock(this.#stage);
  }

  #writeFlags(inputs: readonly Vector[], length: number, target: number): void {
    const { u32 } = kernelViews();
    const step = this.parted.stride >>> 2;
    const first = target >>> 2;
    for (let row = 0, at = first; row < length; row++, at += step) u32[at] = 0;
    for (const [i, { nulls }] of inputs.entries()) {
      if (nulls === undefined) continue;
      for (let row = 0, at = first; row < length; row++, at += step) u32[at] |= nulls[row] << i;
    }
  }

  /** Room for so many records, and 8 bytes for each before them. */
  #room(rows: number): number {
    const bytes = rows * (8 + this.parted.stride) + COPY_BYTES;
    if (this.#stage === undefined || this.#stage.bytes < bytes) {
      if (this.#stage !== undefined) freeBlock(this.#stage);
      this.#stage = allocate(bytes);
    }
    return this.#stage.pointer;
  }
}

/** The states of a group, those that several calls take once. */
class States {
  readonly all: GroupState[] = [];
  readonly #offsets: readonly number[];

  constructor(offsets: readonly number[]) {
    this.#offsets = offsets;
  }

  of(kind: GroupState['kind'], input: number): number {
    const offset = this.#offsets[input];
    const nullBit = 1 << input;
    const isSame = (each: GroupState): boolean => each.kind === kind && each.nullBit === nullBit;
    const known = this.all.findIndex(isSame);
    return known >= 0 ? known : this.all.push({ kind, offset, nullBit }) - 1;
  }
}
