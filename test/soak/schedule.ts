/** When something happens to the server, in parts of the run. */
import { MINUTES } from './settings.ts';

export type Happening = 'kill' | 'restart' | 'compare';

/** Memory is judged between the restart and the last kill. */
const LONG: readonly (readonly [number, Happening])[] = [
  [0.05, 'compare'],
  [0.12, 'kill'],
  [0.17, 'kill'],
  [0.25, 'restart'],
  ...[0.33, 0.41, 0.49, 0.57, 0.65, 0.73, 0.81, 0.89].map((part) => [part, 'compare'] as const),
  [0.96, 'kill'],
];
const SHORT: readonly (readonly [number, Happening])[] = [
  [0.4, 'kill'],
  [0.7, 'restart'],
];

export const SCHEDULE = MINUTES < 5 ? SHORT : LONG;
