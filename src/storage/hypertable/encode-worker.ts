/** The program of the thread that encodes columns for flushes and compactions. */
import { refreshViews } from '../../kernels/memory.ts';
import { serveJobs } from '../../platform/threads.ts';
import { encodeAll, type EncodeLanesJob } from './encode-lanes.ts';

serveJobs((job) => {
  refreshViews();
  // Blocks are parts of larger arrays: copies of their own size go over without another one.
  const result = encodeAll(job as EncodeLanesJob).map((block) => ({
    ...block,
    value: block.value.slice(),
  }));
  return { result, transfer: result.map(({ value }) => value.buffer) };
});
