/** Lanes in another order, and what a block of them needs before it is encoded. */

/** Writes the lanes of the rows that `order` lists (i32 each). Four loads at a time: most miss a cache. */
// @ts-ignore: decorator
@inline
function pick<T>(lanes: usize, order: usize, count: i32, out: usize): void {
  let i = 0;
  for (; i <= count - 4; i += 4, order += 16, out += 4 * sizeof<T>()) {
    const a = load<T>(lanes + (<usize>load<u32>(order)) * sizeof<T>());
    const b = load<T>(lanes + (<usize>load<u32>(order, 4)) * sizeof<T>());
    const c = load<T>(lanes + (<usize>load<u32>(order, 8)) * sizeof<T>());
    const d = load<T>(lanes + (<usize>load<u32>(order, 12)) * sizeof<T>());
    store<T>(out, a);
    store<T>(out, b, sizeof<T>());
    store<T>(out, c, 2 * sizeof<T>());
    store<T>(out, d, 3 * sizeof<T>());
  }
  for (; i < count; i++, order += 4, out += sizeof<T>()) {
    store<T>(out, load<T>(lanes + (<usize>load<u32>(order)) * sizeof<T>()));
  }
}

export function pickLanesU8(lanes: usize, order: usize, count: i32, out: usize): void {
  pick<u8>(lanes, order, count, out);
}

export function pickLanesU16(lanes: usize, order: usize, count: i32, out: usize): void {
  pick<u16>(lanes, order, count, out);
}

export function pickLanesU32(lanes: usize, order: usize, count: i32, out: usize): void {
  pick<u32>(lanes, order, count, out);
}

/** Smallest (u32 at `out`) and largest (after it) of at least one lane; `out` has room for 32 bytes. */
// @ts-ignore: decorator
@inline
function bounds<T>(lanes: usize, count: i32, out: usize): void {
  const perStep: i32 = 16 / sizeof<T>();
  let low = v128.splat<T>(load<T>(lanes));
  let high = low;
  let i = 0;
  for (; i <= count - perStep; i += perStep) {
    const some = v128.load(lanes + i * sizeof<T>());
    low = v128.min<T>(low, some);
    high = v128.max<T>(high, some);
  }
  v128.store(out, low);
  v128.store(out, high, 16);
  let least: u32 = 0xffffffff;
  let most: u32 = 0;
  for (let at: usize = 0; at < 16; at += sizeof<T>()) {
    least = min(least, <u32>load<T>(out + at));
    most = max(most, <u32>load<T>(out + at, 16));
  }
  for (; i < count; i++) {
    const lane: u32 = load<T>(lanes + i * sizeof<T>());
    least = min(least, lane);
    most = max(most, lane);
  }
  store<u32>(out, least);
  store<u32>(out, most, 4);
}

export function laneBoundsU8(lanes: usize, count: i32, out: usize): void {
  bounds<u8>(lanes, count, out);
}

export function laneBoundsU16(lanes: usize, count: i32, out: usize): void {
  bounds<u16>(lanes, count, out);
}

export function laneBoundsU32(lanes: usize, count: i32, out: usize): void {
  bounds<u32>(lanes, count, out);
}

/** lane - lowest, modulo the width of what is written. */
// @ts-ignore: decorator
@inline
function shift<S, T>(source: usize, out: usize, count: i32, lowest: u32): void {
  for (let i = 0; i < count; i++) {
    store<T>(out, <T>(<u32>load<S>(source) - lowest));
    source += sizeof<S>();
    out += sizeof<T>();
  }
}

// @ts-ignore: decorator
@inline
function shiftAlike<T>(source: usize, out: usize, count: i32, lowest: u32): void {
  const perStep: i32 = 16 / sizeof<T>();
  const bases = v128.splat<T>(<T>lowest);
  let i = 0;
  for (; i <= count - perStep; i += perStep, source += 16, out += 16) {
    v128.store(out, v128.sub<T>(v128.load(source), bases));
  }
  shift<T, T>(source, out, count - i, lowest);
}

/**
 * Lanes of `from` bits, counted from `lowest`, as lanes of `to` bits. Both may begin at one address where these
 * are not more: what is written never overtakes what is still to be read.
 */
export function shiftLanes(
  source: usize,
  from: i32,
  out: usize,
  to: i32,
  count: i32,
  lowest: u32,
): void {
  if (from === to) {
    if (to === 8) shiftAlike<u8>(source, out, count, lowest);
    else if (to === 16) shiftAlike<u16>(source, out, count, lowest);
    else shiftAlike<u32>(source, out, count, lowest);
  } else if (from === 8) {
    if (to === 16) shift<u8, u16>(source, out, count, lowest);
    else shift<u8, u32>(source, out, count, lowest);
  } else if (from === 16) {
    if (to === 8) shift<u16, u8>(source, out, count, lowest);
    else shift<u16, u32>(source, out, count, lowest);
  } else if (to === 8) shift<u32, u8>(source, out, count, lowest);
  else shift<u32, u16>(source, out, count, lowest);
}
