/** fast-check with the run's seed and rounds for every property; it prints the seed of one that fails. */
import fc from 'fast-check';
import { rounds } from './rounds.ts';
import { seedOf } from './seed.ts';

fc.configureGlobal({
  ...fc.readConfigureGlobal(),
  seed: seedOf('fast-check'),
  numRuns: rounds(40),
});

export default fc;
