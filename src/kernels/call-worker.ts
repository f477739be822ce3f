/** The program of a thread that helps with lists of kernel calls. */
import { serveJobs } from '../platform/threads.ts';
import { takeCalls } from './call-list.ts';
import { refreshViews } from './memory.ts';

serveJobs((job) => {
  refreshViews();
  takeCalls(job as number);
  return { result: undefined, transfer: [] };
});
