/** The memory of JavaScript values: who exhausts it ends the process, so large ones are asked for first. */
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** The share of the heap that stays for whatever does not ask. */
const RESERVE = 0.25;

/** Whether so much may be taken from the heap; looks again without garbage before it says no. */
export function hasHeapRoom(bytes: number): boolean {
  if (room() >= bytes) return true;
  collectGarbage();
  return room() >= bytes;
}

function room(): number {
  const { heap_size_limit: limit, used_heap_size: used } = getHeapStatistics();
  return limit * (1 - RESERVE) - used;
}

let collect: (() => void) | undefined;

function collectGarbage(): void {
  if (collect === undefined) {
    // The one way to the collector for a process that was not started with this flag.
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  collect();
}
