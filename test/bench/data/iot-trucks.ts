/** Trucks of TSBS's iot data: their tags and how their readings and diagnostics walk. */
import type { Random } from './random.ts';
import { truncated, WalkState, type Walk } from './walks.ts';

export const FLEETS = ['East', 'West', 'North', 'South'] as const;
const DRIVERS = ['Derek', 'Rodney', 'Albert', 'Andy', 'Seth', 'Trish'] as const;
const VERSIONS = ['v1.0', 'v1.5', 'v2.0', 'v2.3'] as const;
const MODELS = [
  ['F-150', 2000, 200, 15],
  ['G-2000', 5000, 300, 19],
  ['H-2', 1500, 150, 12],
] as const;

/** name, fleet, driver, model, device_version; load_capacity, fuel_capacity, nominal_fuel_consumption. */
export type TruckTags = readonly [string, string, string, string, string, number, number, number];

export function drawTruck(index: number, random: Random): TruckTags {
  const [model, load, fuel, consumption] = random.pick(MODELS);
  return [
    `truck_${index}`,
    random.pick(FLEETS),
    random.pick(DRIVERS),
    model,
    random.pick(VERSIONS),
    load,
    fuel,
    consumption,
  ];
}

interface ReadingField {
  readonly name: string;
  readonly decimals: number;
  readonly walk: Walk;
}

function uniform(limit: number, min: number, max: number, start: Walk['start']): Walk {
  return { step: ['uniform', -limit, limit], min, max, start };
}

export const READINGS: readonly ReadingField[] = [
  { name: 'latitude', decimals: 5, walk: uniform(0.005, -90, 90, [0, 90]) },
  { name: 'longitude', decimals: 5, walk: uniform(0.005, -180, 180, [0, 180]) },
  { name: 'elevation', decimals: 0, walk: uniform(10, 0, 5000, [0, 500]) },
  { name: 'velocity', decimals: 0, walk: uniform(10, 0, 100, 0) },
  { name: 'heading', decimals: 0, walk: uniform(5, 0, 360, [0, 360]) },
  { name: 'grade', decimals: 0, walk: uniform(5, 0, 100, 0) },
  { name: 'fuel_consumption', decimals: 1, walk: uniform(5, 0, 50, 25) },
];

export const DIAGNOSTICS = [
  { name: 'fuel_state', decimals: 1 },
  { name: 'current_load', decimals: 0 },
  { name: 'status', decimals: 0 },
] as const;

/** The walks of all trucks. */
export class Fleet {
  readonly #readings: readonly WalkState[];
  readonly #fuel: Float64Array;
  readonly #load: Float64Array;
  readonly #status: WalkState;

  constructor(trucks: number, random: Random) {
    this.#readings = READINGS.map(({ walk }) => new WalkState(walk, trucks, random));
    this.#fuel = new Float64Array(trucks).fill(1);
    this.#load = Float64Array.from({ length: trucks }, () => random.between(0, 5000));
    this.#status = new WalkState(
      { step: ['normal', 0, 1], min: 0, max: 5, start: 0 },
      trucks,
      random,
    );
  }

  reading(truck: number): number[] {
    return this.#readings.map(({ values }, i) => truncated(values[truck], READINGS[i].decimals));
  }

  diagnostic(truck: number): number[] {
    return [
      truncated(this.#fuel[truck], 1),
      Math.trunc(this.#load[truck]),
      Math.trunc(this.#status.values[truck]),
    ];
  }

  advance(random: Random): void {
    for (const state of this.#readings) state.advance(random);
    this.#status.advance(random);
    for (let truck = 0; truck < this.#fuel.length; truck++) {
      const left = this.#fuel[truck] + random.between(-0.001, 0);
      this.#fuel[truck] = left <= 0 ? 1 : left;
      if (random.uniform() >= 0.95) this.#load[truck] = random.between(0, 5000);
    }
  }
}
