/**
 * The kernels: loops over bytes in one WebAssembly memory, compiled from `assembly/` with SIMD. Kernels
 * know addresses and counts, nothing of SQL; whoever calls them keeps the memory alive (memory.ts).
 *
 * Every kernel has a plain twin in test/unit/kernels and a property test against it.
 */
import { compileKernels } from '../platform/kernel-module.ts';
import type { InputKernels } from './input-kernels.ts';
import type { KeyKernels } from './key-kernels.ts';
import type { LaneKernels } from './lane-kernels.ts';
import { kernelMemory } from './memory.ts';
import type { OutputKernels } from './output-kernels.ts';
import type { RegisterKernels } from './register-kernels.ts';
import type { SummaryKernels } from './summary-kernels.ts';
import type { WideKernels } from './wide-kernels.ts';

export interface Kernels
  extends
    InputKernels,
    KeyKernels,
    LaneKernels,
    OutputKernels,
    RegisterKernels,
    SummaryKernels,
    WideKernels {}

export const kernelModule = compileKernels();

const instance = new WebAssembly.Instance(kernelModule, { env: { memory: kernelMemory } });

export const kernels = instance.exports as unknown as Kernels;
