/** Where records have their words, and groups of records their states: what the kernels are told of both. */
import {
  GROUP_STATE_BYTES,
  GROUP_STATES,
  groupStateBytes,
  GROUPS,
  GROUPS_BYTES,
  GROUPS_HEAD_BYTES,
  type GroupStateKind,
} from '../../kernels/key-kernels.ts';
import { kernelViews, type KernelBlock } from '../../kernels/memory.ts';
import { allocate } from './packed-table.ts';

const COUNT_BYTES = 4;

/** A state of each group, made from the word at `offset` of the records without the bit `nullBit`. */
export interface GroupState {
  readonly kind: GroupStateKind;
  readonly offset: number;
  readonly nullBit: number;
}

/** The groups of some records of one part, in the kernels' memory. */
export interface PartGroups {
  readonly address: number;
  /** Groups that there is room for, an even number. */
  readonly room: number;
  readonly count: number;
}

export class RecordLayout {
  /** Bytes of a key, and of a record. */
  readonly width: number;
  readonly stride: number;
  readonly block: KernelBlock;
  /** Bytes of a group in all. */
  readonly groupBytes: number;
  /** By state: bytes of a group before it. */
  readonly #units: readonly number[];
  readonly #counts: number;

  /** `flags` is where records have their bits for NULLs, 0 for nowhere. */
  constructor(width: number, stride: number, flags: number, states: readonly GroupState[]) {
    this.width = width;
    this.stride = stride;
    this.block = allocate(GROUPS_BYTES + states.length * GROUP_STATE_BYTES);
    const units: number[] = [];
    let unit = 0;
    // The wider ones first, so that each is aligned.
    for (const bytes of [16, 8, 4]) {
      for (const [i, { kind }] of states.entries()) {
        if (groupStateBytes(kind) !== bytes) continue;
        units[i] = unit;
        unit += bytes;
      }
    }
    this.#units = units;
    this.#counts = unit;
    this.groupBytes = unit + COUNT_BYTES + width;
    this.#describe(flags, states);
  }

  /** Bytes that so many groups take. */
  bytes(room: number): number {
    return GROUPS_HEAD_BYTES + room * this.groupBytes;
  }

  /** Where a part's groups have a state, one behind the other. */
  stateAt({ address, room }: PartGroups, state: number): number {
    return address + GROUPS_HEAD_BYTES + this.#units[state] * room;
  }

  /** The same for the counts of their rows, u32 each. */
  countsAt({ address, room }: PartGroups): number {
    return address + GROUPS_HEAD_BYTES + this.#counts * room;
  }

  keysAt({ address, room }: PartGroups): number {
    return address + GROUPS_HEAD_BYTES + (this.#counts + COUNT_BYTES) * room;
  }

  #describe(flags: number, states: readonly GroupState[]): void {
    const { u32 } = kernelViews();
    const at = this.block.pointer >>> 2;
    const set = (field: keyof typeof GROUPS, value: number): void => {
      u32[at + (GROUPS[field] >>> 2)] = value;
    };
    set('width', this.width);
    set('stride', this.stride);
    set('flags', flags);
    set('counts', this.#counts);
    set('keys', this.#counts + COUNT_BYTES);
    set('states', states.length);
    for (const [i, { kind, offset, nullBit }] of states.entries()) {
      const words = [GROUP_STATES[kind], offset, this.#units[i], nullBit];
      u32.set(words, at + ((GROUPS_BYTES + i * GROUP_STATE_BYTES) >>> 2));
    }
  }
}
