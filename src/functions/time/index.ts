/** Every function over dates, times, timestamps and intervals. */
import type { SqlFunction } from '../function.ts';
import { charFunctions } from './char-functions.ts';
import { currentFunctions } from './current-functions.ts';
import { fieldFunctions } from './field-functions.ts';
import { makeFunctions } from './make-functions.ts';
import { miscFunctions } from './misc-functions.ts';
import { timeBucketFunctions } from './time-bucket.ts';
import { truncateFunctions } from './truncate-functions.ts';
import { zoneFunctions } from './zone-functions.ts';

export { timeOperators } from './operators.ts';

export const timeFunctions: readonly SqlFunction[] = [
  ...currentFunctions,
  ...fieldFunctions,
  ...truncateFunctions,
  ...timeBucketFunctions,
  ...zoneFunctions,
  ...makeFunctions,
  ...miscFunctions,
  ...charFunctions,
];
