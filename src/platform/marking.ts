/** Has V8 look for garbage in its whole heap, in steps beside the work. */
import { constants, PerformanceObserver, type NodeGCPerformanceDetail } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';

export type Collection = 'young' | 'begin' | 'end' | 'other';

/** Tells of collections some turns after they happened, until the result is called. */
export function watchCollections(tell: (collection: Collection) => void): () => void {
  const observer = new PerformanceObserver((list) => {
    const entries = list.getEntries() as unknown as { readonly detail: NodeGCPerformanceDetail }[];
    for (const { detail } of entries) tell(collectionOf(detail.kind));
  });
  observer.observe({ entryTypes: ['gc'] });
  return () => observer.disconnect();
}

function collectionOf(kind: number | undefined): Collection {
  switch (kind) {
    case constants.NODE_PERFORMANCE_GC_MINOR:
      return 'young';
    case constants.NODE_PERFORMANCE_GC_INCREMENTAL:
      return 'begin';
    case constants.NODE_PERFORMANCE_GC_MAJOR:
      return 'end';
    default:
      return 'other';
  }
}

/** Under stress V8 begins to mark when it gives out the next page of memory, and again when it is done. */
export function beginMarking(): void {
  setFlagsFromString('--stress-incremental-marking');
  const stop = watchCollections((collection) => {
    // The end of one before may be told only now.
    if (collection !== 'begin') return;
    setFlagsFromString('--no-stress-incremental-marking');
    stop();
  });
}
