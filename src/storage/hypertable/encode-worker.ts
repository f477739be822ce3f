/** The program of the thread that sorts rows and encodes columns for flushes and compactions. */
import { refreshViews } from '../../kernels/memory.ts';
import { serveJobs } from '../../platform/threads.ts';
import { finishNow } from '../../base/steps.ts';
import { encodeLaneSteps, type EncodeLanesJob } from './encode-lanes.ts';
import { order, refine, type OrderJob, type RefineJob } from './sort-jobs.ts';

serveJobs((given) => {
  refreshViews();
  const job = given as EncodeLanesJob | RefineJob | OrderJob;
  if (job.kind === 'refine') return { result: refine(job), transfer: [] };
  if (job.kind === 'order') {
    const starts = order(job);
    return { result: starts, transfer: [starts.buffer] };
  }
  const { blocks, sketch } = finishNow(encodeLaneSteps(job));
  const result = {
    blocks: blocks.map(ownValue),
    sketch: sketch && { ...sketch, parts: sketch.parts.map(ownValue) },
  };
  const values = [...result.blocks, ...(result.sketch?.parts ?? [])];
  return { result, transfer: values.map(({ value }) => value.buffer) };
});

/** Blocks are parts of larger arrays: copies of their own size go over without another one. */
function ownValue<T extends { readonly value: Uint8Array }>(
  block: T,
): T & { readonly value: Uint8Array<ArrayBuffer> } {
  return { ...block, value: block.value.slice() };
}
