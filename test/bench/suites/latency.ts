/** How long a point query takes on one connection, idle and while another one loads without a pause. */
import { closeSync, openSync } from 'node:fs';
import type { Dataset } from '../data/dataset.ts';
import { randomFrom } from '../data/random.ts';
import { dataFiles, type DataFile } from '../encode/files.ts';
import { RawClient } from '../lib/raw-client.ts';
import { quantile } from '../lib/statistics.ts';
import type { Options } from '../options.ts';
import { cpuQueries } from '../queries/tsbs-cpu.ts';
import type { Instance } from '../queries/query.ts';
import { WireSystem } from '../systems/postgres-wire.ts';
import type { SystemStarter } from '../systems/system.ts';

export interface Latency {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface LatencyResult {
  readonly suite: 'latency';
  readonly data: string;
  readonly systems: readonly {
    readonly title: string;
    readonly idle: Latency;
    readonly loading: Latency;
    /** Of the load that ran beside the queries. */
    readonly rowsPerSecond: number;
  }[];
}

export async function runLatency(
  dataset: Dataset,
  starters: readonly SystemStarter[],
  options: Options,
): Promise<LatencyResult> {
  const systems: LatencyResult['systems'][number][] = [];
  const [file] = dataFiles(dataset, ['text'], options.scratch).get('text') ?? [];
  const wire = ['varve', 'postgres', 'timescale'];
  for (const starter of starters.filter(({ dialect }) => wire.includes(dialect))) {
    console.log(`\nlatency: ${starter.title}`);
    const system = await starter.start(options);
    if (typeof system === 'string') {
      console.log(`  left out: ${system}`);
      continue;
    }
    try {
      if (system instanceof WireSystem) systems.push(await measure(system, file, options));
    } finally {
      await system.stop();
    }
  }
  return { suite: 'latency', data: dataset.key, systems };
}

async function measure(
  system: WireSystem,
  file: DataFile,
  options: Options,
): Promise<LatencyResult['systems'][number]> {
  await system.createTable(file.table);
  await system.load(file, options.workers);
  await system.settle([file.table]);
  const random = randomFrom(options.seed);
  const [type] = cpuQueries({ table: 'cpu', scale: options.scale, hours: 1 });
  const next = (): Instance => type.instance(random);
  const seconds = options.quick ? 2 : 10;
  await probe(system, next, seconds / 4, () => true);
  const idle = await probe(system, next, seconds, () => true);
  // The rows of the load go to a table beside, of the same shape.
  await system.createTable({ ...file.table, name: 'incoming' });
  const load = startLoading(system, file);
  const loading = await probe(system, next, seconds, load.isRunning);
  const rowsPerSecond = await load.stop();
  const result = { title: system.title, idle, loading, rowsPerSecond };
  console.log(`  ${JSON.stringify(result)}`);
  return result;
}

/** Loads the file over and over until it is told to stop. */
function startLoading(
  system: WireSystem,
  file: DataFile,
): { isRunning: () => boolean; stop: () => Promise<number> } {
  let stopping = false;
  let rows = 0;
  const start = performance.now();
  const run = async (): Promise<void> => {
    const client = await RawClient.connect(system.endpoint);
    const handle = openSync(file.path, 'r');
    for (let i = 0; !stopping; i = (i + 1) % file.sections.length) {
      const { offset, bytes } = file.sections[i];
      await client.copyFrames('COPY incoming FROM STDIN', handle, offset, bytes);
      rows += file.sections[i].rows;
    }
    closeSync(handle);
    client.close();
  };
  const done = run();
  // A failure shows when the load is stopped.
  done.catch(() => undefined);
  return {
    isRunning: () => !stopping,
    stop: async () => {
      stopping = true;
      await done;
      return rows / ((performance.now() - start) / 1000);
    },
  };
}

async function probe(
  system: WireSystem,
  next: () => Instance,
  seconds: number,
  goOn: () => boolean,
): Promise<Latency> {
  const times: number[] = [];
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end && goOn()) {
    const text = next()(system.dialect) as string;
    times.push((await system.time(text)).milliseconds);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return {
    count: times.length,
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    max: quantile(times, 1),
  };
}
