/**
 * Writing the numbers of chosen rows one behind the other, four at a time and without a branch: which rows are
 * chosen is mostly hard to foretell.
 */

/** For each of 16 sets of four rows, the bytes of the chosen ones' numbers in their order. */
const CHOSEN = memory.data<u8>([
  0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3,
  0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3,
  4, 5, 6, 7, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3,
  0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 0, 1, 2, 3,
  8, 9, 10, 11, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3,
  0, 1, 2, 3, 8, 9, 10, 11, 0, 1, 2, 3, 0, 1, 2, 3,
  4, 5, 6, 7, 8, 9, 10, 11, 0, 1, 2, 3, 0, 1, 2, 3,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0, 1, 2, 3,
  12, 13, 14, 15, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3,
  0, 1, 2, 3, 12, 13, 14, 15, 0, 1, 2, 3, 0, 1, 2, 3,
  4, 5, 6, 7, 12, 13, 14, 15, 0, 1, 2, 3, 0, 1, 2, 3,
  0, 1, 2, 3, 4, 5, 6, 7, 12, 13, 14, 15, 0, 1, 2, 3,
  8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 0, 1, 2, 3,
  0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3,
  4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
]);

/** Writes those of four rows that a truth of 32 bits each holds for; returns where the next ones go. */
// @ts-ignore: decorator
@inline
function four(out: usize, rows: v128, truth: v128): usize {
  const bits = i32x4.bitmask(truth);
  v128.store(out, i8x16.swizzle(rows, v128.load(CHOSEN + (<usize>bits << 4))));
  return out + (<usize>popcnt(bits) << 2);
}

/** What `chosen` looks at: truth of its own, or codes beside one. */
const enum Source {
  Truth,
  Equal,
  Other,
}

// @ts-ignore: decorator
@inline
function truthOf(source: Source, value: v128, codes: v128): v128 {
  if (source === Source.Truth) return value;
  const equal = i32x4.eq(value, codes);
  return source === Source.Equal ? equal : v128.not(equal);
}

// @ts-ignore: decorator
@inline
function chosen(source: Source, src: usize, count: i32, code: i32, row: i32, out: usize): i32 {
  const start = out;
  const codes = i32x4.splat(code);
  const step = i32x4.splat(4);
  let rows = i32x4.add(i32x4.splat(row), i32x4(0, 1, 2, 3));
  let i = 0;
  for (; i <= count - 16; i += 16, src += 64) {
    const a = truthOf(source, v128.load(src), codes);
    const b = truthOf(source, v128.load(src, 16), codes);
    const c = truthOf(source, v128.load(src, 32), codes);
    const d = truthOf(source, v128.load(src, 48), codes);
    const second = i32x4.add(rows, step);
    const third = i32x4.add(second, step);
    const fourth = i32x4.add(third, step);
    if (v128.any_true(v128.or(v128.or(a, b), v128.or(c, d)))) {
      out = four(out, rows, a);
      out = four(out, second, b);
      out = four(out, third, c);
      out = four(out, fourth, d);
    }
    rows = i32x4.add(fourth, step);
  }
  for (; i < count; i++, src += 4) {
    const value = load<i32>(src);
    const differs = value !== (source === Source.Truth ? 0 : code);
    store<u32>(out, row + i);
    out += differs === (source !== Source.Equal) ? 4 : 0;
  }
  return <i32>((out - start) >> 2);
}

/** Rows whose truth, -1 or 0, holds. */
export function trueRows(truth: usize, count: i32, row: i32, out: usize): i32 {
  return chosen(Source.Truth, truth, count, 0, row, out);
}

/** Rows whose code is this one. */
export function equalCodes(codes: usize, count: i32, code: i32, out: usize): i32 {
  return chosen(Source.Equal, codes, count, code, 0, out);
}

/** Rows whose code is another one. */
export function otherCodes(codes: usize, count: i32, code: i32, out: usize): i32 {
  return chosen(Source.Other, codes, count, code, 0, out);
}
