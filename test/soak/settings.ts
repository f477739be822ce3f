import { seedOf } from '../support/seed.ts';
/** The size of a run. Everything follows from MINUTES, so that a try has the same shape as the hour. */

/** The short form is what `npm test` can afford. */
export const MINUTES = Number(process.env['MINUTES'] ?? 0.4);
export const SEED = seedOf('settings');

export const WRITERS = 4;
export const SERIES_PER_WRITER = 75;
export const REGIONS = ['north', 'east', 'south', 'west', 'sea', 'hill', 'town'] as const;
export const STATES = ['ok', 'warm', 'off', 'lost', 'näh, "quoted"\tand tabbed'] as const;

export const MINUTE_MS = 60_000;
/** Between two rows in order of one series. */
export const STEP_MS = 3 * MINUTE_MS;
export const START_MS = Date.UTC(2024, 0, 1);

/**
 * Time in the data runs some hundred times faster than the clock: at half a core about five minutes a
 * second. So the day and a half that an hour's run retains are full after ten minutes.
 */
const CHUNK_SIZES = [240, 180, 120, 90, 60, 40, 30, 20];
/** Parts of a day, so that chunks begin where multiples of it do, whatever a time's numbers count from. */
export const CHUNK_MINUTES = CHUNK_SIZES.find((minutes) => minutes <= 4 * MINUTES) ?? 20;
export const CHUNK_MS = CHUNK_MINUTES * MINUTE_MS;
export const RETAINED_MS = 8 * CHUNK_MS;

/** Heads are small, so that every chunk is flushed, gets late rows and is merged several times. */
export const SERVER_ENVIRONMENT = { VARVE_FLUSH_ROWS: '3000' };

/** Processor time of the server and this process together, per second of the clock. */
export const CORES = MINUTES < 5 ? 1.2 : 0.5;

/** A statement that takes longer hangs. Other programs may have the processor for a while. */
export const STATEMENT_MS = 180_000;

export function seriesName(writer: number, series: number): string {
  return `w${writer}-s${series}`;
}

export function regionOf(writer: number, series: number): string {
  return REGIONS[(writer * 3 + series) % REGIONS.length] as string;
}
