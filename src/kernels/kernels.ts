/**
 * The kernels: loops over bytes in one WebAssembly memory, compiled from `assembly/` with SIMD. Kernels
 * know addresses and counts, nothing of SQL; whoever calls them keeps the memory alive (memory.ts).
 *
 * Every kernel has a plain twin in test/unit/kernels and a property test against it.
 */
import { compileKernels } from '../platform/kernel-module.ts';
import { kernelMemory } from './memory.ts';

export interface Kernels {
  /** Sum of `count` bytes. */
  sumU8(pointer: number, count: number): bigint;
}

const instance = new WebAssembly.Instance(compileKernels(), { env: { memory: kernelMemory } });

export const kernels = instance.exports as unknown as Kernels;
