/**
 * V8 counts the memory of typed arrays towards its old generation, which it lets grow by a few megabytes
 * only while a heap is small: a server that takes in rows would then collect garbage for every few
 * thousand of them. Here small heaps get some room.
 */
import { getHeapStatistics, setFlagsFromString } from 'node:v8';

/** Garbage that a small heap may pile up before it is collected. */
const HEADROOM_BYTES = 96 * 1024 * 1024;
const PERCENT_MAX = 600;
/** Below this V8's own choice is as good. */
const PERCENT_MIN = 50;
const LOOK_MS = 1_000;

/** Looks at the heap's size now and then, until the result is called. */
export function keepGarbageHeadroom(): () => void {
  let percent = 0;
  const look = (): void => {
    const wanted = growingPercent(getHeapStatistics().used_heap_size);
    // Near the border of two steps it stays as it is.
    if (wanted !== 0 && percent !== 0 && Math.abs(wanted - percent) * 8 < percent) return;
    percent = wanted;
    setFlagsFromString(`--heap-growing-percent=${percent}`);
  };
  look();
  const timer = setInterval(look, LOOK_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    setFlagsFromString('--heap-growing-percent=0');
  };
}

/** By how much a heap may grow between collections, in percent; 0 leaves it to V8. */
export function growingPercent(usedBytes: number): number {
  const percent = Math.round((100 * HEADROOM_BYTES) / usedBytes);
  return percent < PERCENT_MIN ? 0 : Math.min(percent, PERCENT_MAX);
}
