/**
 * Random numbers for the generators: xoshiro128** for uniform ones, the ziggurat of Marsaglia and Tsang
 * for normal ones, because a data set takes hundreds of millions of them. Same seed, same numbers.
 */
export interface Random {
  /** 32 random bits as an unsigned integer. */
  bits(): number;
  /** Uniform in [0, 1). */
  uniform(): number;
  /** Uniform in [low, high). */
  between(low: number, high: number): number;
  /** Uniform integer in [0, count). */
  below(count: number): number;
  /** Normal with mean 0 and deviation 1. */
  normal(): number;
  pick<T>(items: readonly T[]): T;
}

const LAYERS = 128;
const TAIL = 3.442619855899;
const AREA = 9.91256303526217e-3;
const SCALE = 2147483648;

const limits = new Float64Array(LAYERS);
const widths = new Float64Array(LAYERS);
const heights = new Float64Array(LAYERS);
fillTables();

function fillTables(): void {
  let x = TAIL;
  let previous = TAIL;
  const base = AREA / Math.exp(-0.5 * x * x);
  limits[0] = (x / base) * SCALE;
  limits[1] = 0;
  widths[0] = base / SCALE;
  widths[LAYERS - 1] = x / SCALE;
  heights[0] = 1;
  heights[LAYERS - 1] = Math.exp(-0.5 * x * x);
  for (let i = LAYERS - 2; i >= 1; i--) {
    x = Math.sqrt(-2 * Math.log(AREA / x + Math.exp(-0.5 * x * x)));
    limits[i + 1] = (x / previous) * SCALE;
    previous = x;
    heights[i] = Math.exp(-0.5 * x * x);
    widths[i] = x / SCALE;
  }
}

export function randomFrom(seed: number): Random {
  // A typed array: variables of a closure would put every word above 31 bits on the heap.
  const words = Int32Array.from(seedWords(seed));
  const draw = (): number => {
    const product = Math.imul(words[1], 5);
    const shifted = words[1] << 9;
    words[2] ^= words[0];
    words[3] ^= words[1];
    words[1] ^= words[2];
    words[0] ^= words[3];
    words[2] ^= shifted;
    words[3] = (words[3] << 11) | (words[3] >>> 21);
    return Math.imul((product << 7) | (product >>> 25), 9);
  };
  const uniform = (): number => (draw() >>> 0) / 4294967296;
  const normal = (): number => {
    const word = draw();
    const layer = draw() & (LAYERS - 1);
    if (Math.abs(word) < limits[layer]) return word * widths[layer];
    return rareNormal(word, layer, uniform) ?? normal();
  };
  const below = (count: number): number => Math.floor(uniform() * count);
  return {
    bits: () => draw() >>> 0,
    uniform,
    between: (low, high) => low + uniform() * (high - low),
    below,
    normal,
    pick: (items) => items[below(items.length)],
  };
}

/** The tail and the wedges, about one number in a hundred; undefined to draw again. */
function rareNormal(word: number, layer: number, uniform: () => number): number | undefined {
  if (layer === 0) {
    let x: number;
    let y: number;
    do {
      x = -Math.log(1 - uniform()) / TAIL;
      y = -Math.log(1 - uniform());
    } while (y + y < x * x);
    return word > 0 ? TAIL + x : -TAIL - x;
  }
  const x = word * widths[layer];
  const height = heights[layer] + uniform() * (heights[layer - 1] - heights[layer]);
  return height < Math.exp(-0.5 * x * x) ? x : undefined;
}

/** splitmix32, so that near seeds give far apart streams. */
function seedWords(seed: number): [number, number, number, number] {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let t = state ^ (state >>> 16);
    t = Math.imul(t, 0x21f0aaad);
    t ^= t >>> 15;
    t = Math.imul(t, 0x735a2d97);
    return (t ^ (t >>> 15)) >>> 0;
  };
  return [next(), next(), next(), next()];
}
