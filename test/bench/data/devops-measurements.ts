/** The nine measurements of TSBS's devops data: what walks, and which fields come of it. */
import { CPU_METRICS } from './cpu-only.ts';
import type { Random } from './random.ts';
import { clamped, counter, type Walk } from './walks.ts';

/** Something fixed for each host, as a number or a word. */
export interface Fixed {
  readonly name: string;
  readonly tag: boolean;
  draw(random: Random): string | number;
}

export interface Field {
  readonly name: string;
  /** A float is written as it is, all others are cut to integers. */
  readonly isFloat?: boolean;
  value(states: readonly number[], fixed: readonly number[], seconds: number): number;
}

export interface Measurement {
  readonly name: string;
  readonly tags: readonly Fixed[];
  readonly fixed: readonly Fixed[];
  readonly walks: readonly Walk[];
  readonly fields: readonly Field[];
}

/** Fields that are walks, one for one. */
function plain(
  name: string,
  walks: Readonly<Record<string, Walk>>,
  tags: Fixed[] = [],
): Measurement {
  const fields = Object.keys(walks).map((field, i) => ({
    name: field,
    value: (states: readonly number[]) => states[i],
  }));
  return { name, tags, fixed: [], walks: Object.values(walks), fields };
}

function all(names: string, walk: Walk): Record<string, Walk> {
  return Object.fromEntries(names.split(' ').map((name) => [name, walk]));
}

function word(name: string, draw: (random: Random) => string): Fixed {
  return { name, tag: true, draw };
}

const digits = (random: Random): string => String(random.below(1000)).padStart(3, '0');
const port = word('port', (random) => String(1024 + random.below(20_000)));
const TERA = 2 ** 40;
const GIGA = 2 ** 30;

const cpu = plain('cpu', all(CPU_METRICS.join(' '), clamped(0, 100, [0, 100])));

const diskio = plain(
  'diskio',
  {
    ...all('reads writes', counter(50)),
    ...all('read_bytes write_bytes', counter(100)),
    ...all('read_time write_time io_time', counter(5)),
  },
  [word('serial', (random) => [digits(random), digits(random), digits(random)].join('-'))],
);

const disk: Measurement = {
  name: 'disk',
  tags: [
    word('path', (random) => `/dev/sda${random.below(10)}`),
    word('fstype', (random) => random.pick(['ext3', 'ext4', 'btrfs'])),
  ],
  fixed: [],
  walks: [clamped(50, TERA, TERA / 2)],
  fields: [
    { name: 'total', value: () => TERA },
    { name: 'free', value: ([free]) => free },
    { name: 'used', value: ([free]) => TERA - free },
    { name: 'used_percent', value: ([free]) => Math.trunc((100 * (TERA - free)) / TERA) },
    { name: 'inodes_total', value: () => TERA / 4096 },
    { name: 'inodes_free', value: ([free]) => free / 4096 },
    { name: 'inodes_used', value: ([free]) => (TERA - free) / 4096 },
  ],
};

const kernelWalks = all(
  'interrupts context_switches processes_forked disk_pages_in disk_pages_out',
  counter(5),
);
const kernel: Measurement = {
  ...plain('kernel', kernelWalks),
  fixed: [{ name: 'boot_time', tag: false, draw: (random) => random.below(240) }],
  fields: [
    { name: 'boot_time', value: (_states, [boot]) => boot },
    ...plain('kernel', kernelWalks).fields,
  ],
};

/** Walks are shares of the total, which differs from host to host. */
const share: Walk = { step: ['normal', 0, 1 / 64], min: 0, max: 1, start: [0, 1] };
const mem: Measurement = {
  name: 'mem',
  tags: [],
  fixed: [{ name: 'total', tag: false, draw: (random) => random.pick([8, 12, 16]) * GIGA }],
  walks: [share, share, share],
  fields: [
    { name: 'total', value: (_states, [total]) => total },
    { name: 'available', value: ([used], [total]) => total - Math.trunc(used * total) },
    { name: 'used', value: ([used], [total]) => used * total },
    { name: 'free', value: ([used], [total]) => total - Math.trunc(used * total) },
    { name: 'cached', value: ([, cached], [total]) => cached * total },
    { name: 'buffered', value: ([, , buffered], [total]) => buffered * total },
    { name: 'used_percent', isFloat: true, value: ([used]) => 100 * used },
    { name: 'available_percent', isFloat: true, value: ([used]) => 100 * (1 - used) },
    { name: 'buffered_percent', isFloat: true, value: ([, , buffered]) => 100 * buffered },
  ],
};

const net = plain(
  'net',
  {
    ...all('bytes_sent bytes_recv packets_sent packets_recv', counter(50)),
    ...all('err_in err_out drop_in drop_out', counter(5)),
  },
  [word('interface', (random) => `eth${random.below(4)}`)],
);

const nginx = plain(
  'nginx',
  {
    accepts: counter(5),
    active: clamped(5, 100),
    handled: counter(5),
    reading: clamped(5, 100),
    requests: counter(5),
    waiting: clamped(5, 100),
    writing: clamped(5, 100),
  },
  [port, word('server', (random) => `nginx_${random.below(100_000)}`)],
);

const postgresl = plain('postgresl', {
  ...all(
    'numbackends xact_commit xact_rollback blks_read blks_hit tup_returned tup_fetched tup_inserted tup_updated tup_deleted conflicts temp_files',
    clamped(5, 1000),
  ),
  temp_bytes: clamped(1024, GIGA),
  ...all('deadlocks blk_read_time blk_write_time', clamped(5, 1000)),
});

const redisWalks: Record<string, Walk> = {
  total_connections_received: counter(5),
  ...all('expired_keys evicted_keys keyspace_hits keyspace_misses', counter(50)),
  ...all('instantaneous_ops_per_sec instantaneous_input_kbps instantaneous_output_kbps', {
    step: ['normal', 1, 1],
    start: 0,
  }),
  connected_clients: clamped(50, 10_000),
  ...all(
    'used_memory used_memory_rss used_memory_peak used_memory_lua',
    clamped(50, 16 * GIGA, 8 * GIGA),
  ),
  rdb_changes_since_last_save: clamped(50, 10_000),
  ...all(
    'sync_full sync_partial_ok sync_partial_err pubsub_channels pubsub_patterns latest_fork_usec connected_slaves master_repl_offset repl_backlog_active repl_backlog_size repl_backlog_histlen',
    clamped(5, 1000),
  ),
  mem_fragmentation_ratio: clamped(5, 100),
  ...all(
    'used_cpu_sys used_cpu_user used_cpu_sys_children used_cpu_user_children',
    clamped(5, 1000),
  ),
};
const redisPlain = plain('redis', redisWalks, [
  port,
  word('server', (random) => `redis_${random.below(100_000)}`),
]);
const redis: Measurement = {
  ...redisPlain,
  fields: [
    { name: 'uptime_in_seconds', value: (_states, _fixed, seconds) => seconds },
    ...redisPlain.fields,
  ],
};

export const DEVOPS_MEASUREMENTS: readonly Measurement[] = [
  cpu,
  diskio,
  disk,
  kernel,
  mem,
  net,
  nginx,
  postgresl,
  redis,
];
