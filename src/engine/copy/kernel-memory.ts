/** Blocks of the kernels' memory for COPY. */
import { dbError } from '../../errors/db-error.ts';
import { tryAllocate, type KernelBlock } from '../../kernels/memory.ts';

export function allocate(bytes: number): KernelBlock {
  const block = tryAllocate(bytes);
  if (block !== undefined) return block;
  throw dbError('out_of_memory', { message: 'out of memory', detail: `Failed on ${bytes} bytes.` });
}
