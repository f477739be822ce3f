/** The compiled kernels: dist/kernels.wasm, which the build makes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from './package-path.ts';

/** Compiles the module; throws where the build has not made it. */
export function compileKernels(): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync(join(packageRoot(), 'dist', 'kernels.wasm')));
}
