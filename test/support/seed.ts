/**
 * The seeds of random tests. Each has one of its own, the same in every run, so that a change fails for what
 * it does and not for what another seed finds; SEED=random looks for that, SEED=123 repeats what it found.
 */

/** The seed of the test of this name, for those that have it in their titles or messages. */
export function seedOf(name: string): number {
  return chosen() ?? hash(name);
}

/** The same, printed. */
export function printedSeed(name: string): number {
  const seed = seedOf(name);
  console.log(`${name}: SEED=${seed}`);
  return seed;
}

function chosen(): number | undefined {
  const given = process.env['SEED'];
  if (given === undefined || given === '') return undefined;
  if (given === 'random') return Math.floor(Math.random() * 2 ** 31);
  const seed = Number(given);
  if (!Number.isSafeInteger(seed)) throw new Error(`SEED is a number or "random", not "${given}"`);
  return seed;
}

/** FNV-1a, without the sign. */
function hash(name: string): number {
  let mixed = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) mixed = Math.imul(mixed ^ name.charCodeAt(i), 0x01000193);
  return mixed & 0x7fffffff;
}
