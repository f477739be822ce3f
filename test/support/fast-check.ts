/** fast-check with the run's seed for every property; it prints the seed of one that fails. */
import fc from 'fast-check';
import { seedOf } from './seed.ts';

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: seedOf('fast-check') });

export default fc;
