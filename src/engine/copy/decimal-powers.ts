/** The table of 128-bit powers of ten that kernels read decimals with. */
import { kernels } from '../../kernels/kernels.ts';
import { kernelMemory, tryAllocate, type KernelBlock } from '../../kernels/memory.ts';

const FIRST = -64;
const LAST = 64;

const COUNT = LAST - FIRST + 1;
const BYTES = COUNT * 16;

/** Holds the table for as long as the process runs. */
let written: KernelBlock | undefined;

/** Writes the table, once per process. */
export function wideDecimalPowers(): void {
  if (written !== undefined) return;
  const block = tryAllocate(BYTES);
  if (block === undefined) throw new RangeError('no memory left for kernels');
  const table = new BigUint64Array(kernelMemory.buffer, block.pointer, COUNT * 2);
  for (let i = 0; i < COUNT; i++) {
    const mantissa = mantissaOf(FIRST + i);
    table[2 * i] = BigInt.asUintN(64, mantissa);
    table[2 * i + 1] = mantissa >> 64n;
  }
  kernels.setWidePowers(block.pointer);
  written = block;
}

/** The first 128 bits of 10^exponent, rounded down. */
function mantissaOf(exponent: number): bigint {
  const shift = 512n;
  const power = 10n ** BigInt(Math.abs(exponent));
  const scaled = exponent < 0 ? (1n << shift) / power : power << shift;
  return scaled >> BigInt(scaled.toString(2).length - 128);
}
