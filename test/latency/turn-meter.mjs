/**
 * Loaded into a server before its program: measures the turns of its thread's event loop, from one
 * setImmediate to the next. `ms` is the time less that in which other programs had the processor, `cpu` the
 * time for which the thread ran; both are there because a busy machine must not look like a slow statement.
 */
import { openSync, readSync } from 'node:fs';
import { Session } from 'node:inspector';
import { PerformanceObserver } from 'node:perf_hooks';

const WORST_KEPT = 5;
const now = () => Number(process.hrtime.bigint()) / 1e6;
const schedule = threadSchedule();

let running = false;
let at = 0;
let before = [0, 0];
let turns = 0;
let started = 0;
let cpuStarted = 0;
/** The longest turns, longest first. */
let worst = [];
/** All turns that lasted a millisecond or more, in order. */
let long = [];
let collections = [];

const performanceOrigin = now() - performance.now();
new PerformanceObserver((list) => {
  for (const { startTime, duration, detail } of list.getEntries()) {
    collections.push({ start: startTime + performanceOrigin, ms: duration, kind: detail.kind });
  }
}).observe({ entryTypes: ['gc'] });

function tick() {
  const end = now();
  const after = schedule();
  const ms = end - at - (after[1] - before[1]);
  const cpu = Math.min(ms, after[0] - before[0]);
  turns++;
  if (worst.length < WORST_KEPT || cpu > worst[worst.length - 1].cpu) {
    worst.push({ ms, cpu, start: at, end });
    worst.sort((a, b) => b.cpu - a.cpu);
    worst.length = Math.min(worst.length, WORST_KEPT);
  }
  if (end - at >= 1) long.push({ start: at, end, cpu, waited: after[1] - before[1] });
  at = now();
  before = schedule();
  if (running) setImmediate(tick);
}

/**
 * Reads for how many milliseconds this thread ran, and could have run and did not. Where the system does
 * not tell, all time counts as run.
 */
function threadSchedule() {
  try {
    const file = openSync('/proc/thread-self/schedstat', 'r');
    const bytes = Buffer.alloc(64);
    return () => {
      const length = readSync(file, bytes, 0, 64, 0);
      const [ran, waited] = bytes.toString('latin1', 0, length).split(' ');
      return [Number(ran) / 1e6, Number(waited) / 1e6];
    };
  } catch {
    return () => [now(), 0];
  }
}

const profiler = process.env.LATENCY_PROFILE === undefined ? undefined : new Session();
profiler?.connect();
profiler?.post('Profiler.enable');
profiler?.post('Profiler.setSamplingInterval', { interval: 500 });

export function start() {
  worst = [];
  long = [];
  collections = [];
  turns = 0;
  profiler?.post('Profiler.start');
  started = at = now();
  before = schedule();
  [cpuStarted] = before;
  running = true;
  setImmediate(tick);
}

/** Calls back with what was measured since `start`. */
export function stop(tell) {
  running = false;
  const total = now() - started;
  const cpu = schedule()[0] - cpuStarted;
  // Observers hear of collections a turn later.
  setTimeout(() => {
    const turnsWithCollections = worst.map((turn) => ({
      ...turn,
      collections: collections.filter(
        ({ start, ms }) => start < turn.end && start + ms > turn.start,
      ),
    }));
    const answer = { total, cpu, turns, worst: turnsWithCollections, long, collections };
    if (profiler === undefined) tell(answer);
    else {
      profiler.post('Profiler.stop', (_error, { profile }) => {
        tell({ ...answer, stacks: worst.map((turn) => stacksOf(profile, turn)) });
      });
    }
  }, 5);
}

/** What ran in a turn: the innermost functions with their share of the samples, the largest first. */
function stacksOf(profile, turn) {
  const byId = new Map(profile.nodes.map((node) => [node.id, node]));
  const parents = new Map();
  for (const node of profile.nodes) {
    for (const child of node.children ?? []) parents.set(child, node);
  }
  const named = ({ callFrame: { functionName, lineNumber } }) =>
    `${functionName}:${lineNumber + 1}`;
  const shares = new Map();
  let time = profile.startTime / 1000;
  profile.samples.forEach((id, i) => {
    const gap = profile.timeDeltas[i] / 1000;
    time += gap;
    if (time < turn.start || time > turn.end) return;
    const path = [];
    for (
      let node = byId.get(id);
      node !== undefined && path.length < 4;
      node = parents.get(node.id)
    ) {
      path.push(named(node));
    }
    const key = path.join(' < ');
    shares.set(key, (shares.get(key) ?? 0) + gap);
  });
  return [...shares]
    .sort((a, b) => b[1] - a[1])
    .slice(0, 6)
    .map(([key, ms]) => `${ms.toFixed(1)} ms ${key}`);
}
