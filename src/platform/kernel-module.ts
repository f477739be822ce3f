/** The compiled kernels: dist/kernels.wasm, which the build makes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from './package-path.ts';
import { kernelShare } from './threads.ts';

/** Compiles the module, if no thread has done so; throws where the build has not made it. */
export function compileKernels(): WebAssembly.Module {
  const share = kernelShare();
  if (share !== undefined) return share.module;
  return new WebAssembly.Module(readFileSync(join(packageRoot(), 'dist', 'kernels.wasm')));
}
