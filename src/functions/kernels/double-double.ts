/**
 * exp, log and pow rounded right but for the rarest cases, as the C library's are. JavaScript's own may
 * be off in the last digit, which shows once PostgreSQL prints all digits. Numbers are held as the
 * unevaluated sum of two doubles, about 106 bits, computed with error-free transformations (Dekker,
 * Knuth).
 */

/** A sum high + low with |low| <= half an ulp of high. */
type Pair = readonly [high: number, low: number];

const SPLITTER = 134217729;

const quickSum = (a: number, b: number): Pair => {
  const sum = a + b;
  return [sum, b - (sum - a)];
};

const twoSum = (a: number, b: number): Pair => {
  const sum = a + b;
  const part = sum - a;
  return [sum, a - (sum - part) + (b - part)];
};

const twoProduct = (a: number, b: number): Pair => {
  const product = a * b;
  const scaledA = SPLITTER * a;
  const highA = scaledA - (scaledA - a);
  const lowA = a - highA;
  const scaledB = SPLITTER * b;
  const highB = scaledB - (scaledB - b);
  const lowB = b - highB;
  return [product, highA * highB - product + highA * lowB + lowA * highB + lowA * lowB];
};

const add = (a: Pair, b: Pair): Pair => {
  const [sum, error] = twoSum(a[0], b[0]);
  const [low, lowError] = twoSum(a[1], b[1]);
  const [high, rest] = quickSum(sum, error + low);
  return quickSum(high, rest + lowError);
};

const multiply = (a: Pair, b: Pair): Pair => {
  const [product, error] = twoProduct(a[0], b[0]);
  return quickSum(product, error + (a[0] * b[1] + a[1] * b[0]));
};

const divide = (a: Pair, b: Pair): Pair => {
  const first = a[0] / b[0];
  const rest = add(a, negate(multiply(b, [first, 0])));
  const second = rest[0] / b[0];
  const last = add(rest, negate(multiply(b, [second, 0])));
  return add(quickSum(first, second), [last[0] / b[0], 0]);
};

const negate = (a: Pair): Pair => [-a[0], -a[1]];

const LN2: Pair = [0.6931471805599453, 2.3190468138462996e-17];
const LN10: Pair = [2.302585092994046, -2.1707562233822494e-16];
/** exp(r) is computed as exp(r / 2^9)^(2^9). */
const HALVINGS = 9;
/** 1/n! for the series, n from 2. */
const INVERSE_FACTORIALS: readonly Pair[] = inverseFactorials(9);

function inverseFactorials(count: number): Pair[] {
  const list: Pair[] = [];
  let factorial: Pair = [1, 0];
  for (let n = 2; n < count; n++) {
    factorial = multiply(factorial, [n, 0]);
    list.push(divide([1, 0], factorial));
  }
  return list;
}

/** exp(a) as mantissa pair and a power of two. */
function expScaled(a: Pair): { readonly pair: Pair; readonly exponent: number } {
  const exponent = Math.round(a[0] / LN2[0]);
  const reduced = add(a, negate(multiply(LN2, [exponent, 0])));
  const scale = 2 ** -HALVINGS;
  const r: Pair = [reduced[0] * scale, reduced[1] * scale];
  // exp(r) - 1, so that nothing is lost next to 1 while it is squared.
  let power = r;
  let sum = r;
  for (const factor of INVERSE_FACTORIALS) {
    power = multiply(power, r);
    sum = add(sum, multiply(power, factor));
  }
  for (let i = 0; i < HALVINGS; i++) sum = add([2 * sum[0], 2 * sum[1]], multiply(sum, sum));
  return { pair: add([1, 0], sum), exponent };
}

/** Smallest exponent with all 53 bits; below it results round twice. */
const EXPONENT_MIN = -1000;
const EXPONENT_MAX = 1020;

/** exp of a pair as a double, or undefined next to overflow and underflow. */
function expPair(a: Pair): number | undefined {
  const { pair, exponent } = expScaled(a);
  if (exponent < EXPONENT_MIN || exponent > EXPONENT_MAX) return undefined;
  return pair[0] * 2 ** exponent;
}

/** log(x) for finite positive x: one Newton step from the rough value. */
function logPair(x: number): Pair {
  const rough = Math.log(x);
  const { pair, exponent } = expScaled([-rough, 0]);
  // x * exp(-rough) - 1 is tiny; the scale is taken off x first to keep the product in range.
  const scaled: Pair = [x * 2 ** Math.ceil(exponent / 2) * 2 ** Math.floor(exponent / 2), 0];
  const delta = add(multiply(pair, scaled), [-1, 0]);
  const square = multiply(delta, delta);
  return add([rough, 0], add(delta, [-square[0] / 2, -square[1] / 2]));
}

const isOrdinary = (x: number): boolean => x > 1e-300 && x < 1e300;

export function preciseExp(x: number): number {
  if (!(Math.abs(x) < 690) || Math.abs(x) < 1e-300) return Math.exp(x);
  return expPair([x, 0]) ?? Math.exp(x);
}

export function preciseLog(x: number): number {
  return isOrdinary(x) && x !== 1 ? logPair(x)[0] : Math.log(x);
}

export function preciseLog10(x: number): number {
  return isOrdinary(x) && x !== 1 ? divide(logPair(x), LN10)[0] : Math.log10(x);
}

/** Integer exponents up to here go by multiplication, which is exact while 106 bits suffice. */
const MULTIPLIED_MAX = 64;

function integerPower(base: number, exponent: number): number {
  let result: Pair = [1, 0];
  let square: Pair = [base, 0];
  for (let rest = Math.abs(exponent); ; square = multiply(square, square)) {
    if ((rest & 1) === 1) result = multiply(result, square);
    rest >>= 1;
    if (rest === 0) break;
  }
  return exponent < 0 ? divide([1, 0], result)[0] : result[0];
}

/** base ** exponent, with JavaScript's answers in the special cases. */
export function precisePower(base: number, exponent: number): number {
  if (exponent === 2) return base * base;
  if (exponent === 1) return base;
  const rough = base ** exponent;
  const size = Math.abs(base);
  if (!isOrdinary(size) || size === 1 || !isOrdinary(Math.abs(rough)) || exponent === 0)
    return rough;
  if (Number.isInteger(exponent) && Math.abs(exponent) <= MULTIPLIED_MAX)
    return integerPower(base, exponent);
  const result = expPair(multiply(logPair(size), [exponent, 0]));
  if (result === undefined) return rough;
  return rough < 0 ? -result : result;
}
