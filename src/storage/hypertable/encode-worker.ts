/** The program of the thread that sorts rows and encodes columns for flushes and compactions. */
import { refreshViews } from '../../kernels/memory.ts';
import { serveJobs } from '../../platform/threads.ts';
import { encodeAll, type EncodeLanesJob } from './encode-lanes.ts';
import { order, refine, type OrderJob, type RefineJob } from './sort-jobs.ts';

serveJobs((given) => {
  refreshViews();
  const job = given as EncodeLanesJob | RefineJob | OrderJob;
  if (job.kind === 'refine') return { result: refine(job), transfer: [] };
  if (job.kind === 'order') {
    const starts = order(job);
    return { result: starts, transfer: [starts.buffer] };
  }
  // Blocks are parts of larger arrays: copies of their own size go over without another one.
  const result = encodeAll(job).map((block) => ({ ...block, value: block.value.slice() }));
  return { result, transfer: result.map(({ value }) => value.buffer) };
});
