/**
 * How long random tests of the unit run are: `npm run check` goes through a part of the rounds, which takes
 * seconds, `npm test` through all of them (TIMES=4), and whoever looks for more sets TIMES higher.
 */
export const TIMES = readTimes();

export function rounds(short: number): number {
  return short * TIMES;
}

function readTimes(): number {
  const times = Number(process.env['TIMES'] ?? 1);
  if (!Number.isSafeInteger(times) || times < 1) throw new Error('TIMES is a number of times');
  return times;
}
