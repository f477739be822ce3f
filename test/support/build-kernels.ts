/** Before any test: the compiled kernels, fresh. */
import { areKernelsStale, buildKernels } from '../../src/cli/build.mjs';

export default async function setup(): Promise<void> {
  if (areKernelsStale()) await buildKernels();
}
