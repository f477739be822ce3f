/** Everything that one writer has in the database, after its acknowledged transactions. */
import { CHUNK_MS, RETAINED_MS, START_MS } from './settings.ts';
import { Shard } from './shard.ts';

export interface Event {
  value: number;
  hits: number;
}

export interface LastState {
  time: number;
  temp: number;
  hits: number;
}

export class WriterModel {
  readonly writer: number;
  readonly readings = new Shard();
  /** By `series@time`. */
  readonly events = new Map<string, Event>();
  /** By series. */
  readonly lastStates = new Map<number, LastState>();
  /** The time of the next row in order. */
  front = START_MS;

  constructor(writer: number) {
    this.writer = writer;
  }

  /** Retention may be dropping what is older than this: it stays behind every writer's front. */
  get oldest(): number {
    return Math.max(START_MS, this.front - RETAINED_MS);
  }

  dropBefore(time: number): void {
    this.readings.dropBefore(time);
    for (const key of this.events.keys()) {
      if ((Math.floor(timeOfKey(key) / CHUNK_MS) + 1) * CHUNK_MS <= time) this.events.delete(key);
    }
  }
}

export function eventKey(series: number, time: number): string {
  return `${series}@${time}`;
}

export function timeOfKey(key: string): number {
  return Number(key.slice(key.indexOf('@') + 1));
}

export function seriesOfKey(key: string): number {
  return Number(key.slice(0, key.indexOf('@')));
}
