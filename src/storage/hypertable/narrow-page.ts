/**
 * The page of a head's column that takes rows, as lanes: whole numbers from the smallest one on. It becomes
 * wider, or begins lower, in other memory: who has been handed lanes of it keeps these.
 */
import { InternalError } from '../../errors/db-error.ts';
import { kernels } from '../../kernels/kernels.ts';
import { freeBlock, tryAllocate, type KernelBlock } from '../../kernels/memory.ts';
import type { LaneBits } from '../../vector/lanes.ts';
import { bitsFor } from './narrow.ts';
import type { BoundedLanes } from './page-lanes.ts';

const RANGE_MAX = 0xffffffff;

export class NarrowPage {
  #block: KernelBlock | undefined;
  #isHanded = false;
  #capacity = 0;
  #bits: LaneBits = 8;
  #base = 0;
  #highest = 0;
  #rows = 0;

  get bytes(): number {
    return this.#rows * (this.#bits >>> 3);
  }

  /** Appends lanes [from, to) for which the page has `room`; false, with nothing done, where it cannot. */
  append(lanes: BoundedLanes, from: number, to: number, room: number): boolean {
    if (lanes.factor !== 1 || lanes.divisor !== 1) return false;
    const isEmpty = this.#rows === 0;
    const base = isEmpty ? lanes.base : Math.min(this.#base, lanes.base);
    const last = lanes.base + lanes.highest;
    const range = (isEmpty ? last : Math.max(this.#base + this.#highest, last)) - base;
    if (range > RANGE_MAX) return false;
    const bits = Math.max(this.#bits, bitsFor(range)) as LaneBits;
    const isAlike = bits === this.#bits && (isEmpty || base === this.#base);
    const block = isAlike && room <= this.#capacity ? this.#block : this.#moved(bits, base, room);
    if (block === undefined) return false;
    this.#base = base;
    this.#highest = range;
    const target = block.pointer + this.#rows * (bits >>> 3);
    copyLanes(lanes, from, to - from, base, { pointer: target, bits });
    this.#rows += to - from;
    return true;
  }

  /** The first rows, which the page keeps for itself but for what `handOut` is told of. */
  lanes(rows: number): BoundedLanes {
    const block = this.#block;
    if (block === undefined) throw new InternalError('a page without rows is read');
    const [bits, base, highest] = [this.#bits, this.#base, this.#highest];
    return { block, bits, length: rows, base, factor: 1, divisor: 1, highest };
  }

  /** Somebody keeps lanes of this page. */
  handOut(): void {
    this.#isHanded = true;
  }

  get isHanded(): boolean {
    return this.#isHanded;
  }

  /** Nobody appends or reads any more, but who has been handed lanes. */
  retire(): void {
    if (this.#block !== undefined && !this.#isHanded) freeBlock(this.#block);
    this.#block = undefined;
  }

  /** The rows in other memory. */
  #moved(bits: LaneBits, base: number, room: number): KernelBlock | undefined {
    const block = tryAllocate(room * (bits >>> 3));
    if (block === undefined) return undefined;
    if (this.#rows > 0) {
      copyLanes(this.lanes(this.#rows), 0, this.#rows, base, { pointer: block.pointer, bits });
    }
    this.retire();
    this.#block = block;
    this.#isHanded = false;
    this.#bits = bits;
    this.#capacity = room;
    return block;
  }
}

/** Writes lanes counted from another base, which is not above theirs. */
function copyLanes(
  { block, bits, base: from }: BoundedLanes,
  first: number,
  count: number,
  base: number,
  target: { readonly pointer: number; readonly bits: LaneBits },
): void {
  const source = block.pointer + first * (bits >>> 3);
  kernels.shiftLanes(source, bits, target.pointer, target.bits, count, base - from);
}
