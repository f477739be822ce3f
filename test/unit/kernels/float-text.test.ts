import fc from '../../support/fast-check.ts';
import { describe, expect, it } from 'vitest';
import { FieldKind } from '../../../src/kernels/output-kernels.ts';
import { formatFloat4, formatFloat8 } from '../../../src/types/float-text.ts';
import { writtenTexts } from './written-texts.ts';
import { expectSame } from '../../support/expect-same.ts';

const VIEW = new DataView(new ArrayBuffer(8));

function fromBits8(bits: bigint): number {
  VIEW.setBigUint64(0, BigInt.asUintN(64, bits));
  return VIEW.getFloat64(0);
}

function fromBits4(bits: number): number {
  VIEW.setUint32(0, bits);
  return VIEW.getFloat32(0);
}

/** A value and those a few steps beside it, with both signs. */
function around(value: number): number[] {
  VIEW.setFloat64(0, value);
  const bits = VIEW.getBigUint64(0);
  const near = [-2n, -1n, 0n, 1n, 2n].map((step) => fromBits8(bits + step));
  return near.flatMap((each) => [each, -each]);
}

function expectFloat8(values: readonly number[]): void {
  const expected = values.map((value) => formatFloat8(value, 1));
  expectSame(writtenTexts(FieldKind.Float8Text, values), expected);
}

function expectFloat4(values: readonly number[]): void {
  const expected = values.map((value) => formatFloat4(value, 1));
  expectSame(writtenTexts(FieldKind.Float4Text, values), expected);
}

describe('float8', () => {
  it('prints any bits', () => {
    const bits = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    fc.assert(
      fc.property(fc.array(bits, { minLength: 500, maxLength: 1000 }), (list) =>
        expectFloat8(list.map(fromBits8)),
      ),
    );
  });

  it('prints short decimals and whole numbers of every size', () => {
    const value = fc
      .tuple(fc.maxSafeInteger(), fc.integer({ min: -30, max: 30 }))
      .map(([digits, power]) => Number(`${digits}e${power}`));
    const short = fc
      .tuple(fc.integer({ min: -10_000_000, max: 10_000_000 }), fc.integer({ min: -9, max: 12 }))
      .map(([digits, power]) => Number(`${digits}e${power}`));
    fc.assert(
      fc.property(fc.array(fc.oneof(value, short), { minLength: 500, maxLength: 1000 }), (list) =>
        expectFloat8(list),
      ),
    );
  });

  it('prints powers of two and their neighbours', () => {
    const list = Array.from({ length: 2098 }, (_, i) => 2 ** Math.max(i - 1074, -1074));
    expectFloat8(list.flatMap(around));
  });

  it('prints powers of ten and their neighbours', () => {
    const list = Array.from({ length: 632 }, (_, i) => Number(`1e${i - 323}`));
    expectFloat8(list.flatMap(around));
  });

  it('prints the smallest numbers and whole ones around 2^53 and 2^63', () => {
    const list = Array.from({ length: 3000 }, (_, i) => i - 1500);
    expectFloat8(list.map((i) => Math.sign(i) * fromBits8(BigInt(Math.abs(i)))));
    expectFloat8(list.map((i) => 2 ** 53 + i));
    expectFloat8(list.map((i) => 2 ** 63 + i * 2048));
    expectFloat8(list.map((i) => i / 8));
    expectFloat8(list.map((i) => 1e15 + i / 4));
  });

  it('prints the classical hard cases', () => {
    expectFloat8([
      ...[0, -0, NaN, Infinity, -Infinity, fromBits8(0xfff8000000000001n)],
      ...[9007199254740992, 9.5e22, 1e23, 8.41e21, 2.091949518236819e19, 2.615324526375731e19],
      ...[5e-324, 2.2250738585072014e-308, 2.225073858507201e-308, 1.7976931348623157e308],
      ...[4.35, 0.3, 2 / 3, 0.1 + 0.2, 123456789.125, 1e-4, 9.999999999999999e-5, 1e-5],
      ...[
        999999999999999.9, 999999999999999, 1e15, 1.1e15, 1e16, 2147483647, -2147483648, 4294967296,
      ],
      ...[5.764607523034235e39, 1.152921504606847e40, 2.305843009213694e40],
      ...[
        1.8531501765868567e21, -3.347727380279489e33, 1.9430376160308388e16, -6.9741824662760956e19,
      ],
      ...[
        4.3816050601147837e18, 1.8557672391220297e-94, 4.708356024711512e18, 9.409340012568248e18,
      ],
    ]);
  });
});

describe('float4', () => {
  it('prints any bits', () => {
    const bits = fc.integer({ min: 0, max: 2 ** 32 - 1 });
    fc.assert(
      fc.property(fc.array(bits, { minLength: 500, maxLength: 1000 }), (list) =>
        expectFloat4(list.map(fromBits4)),
      ),
    );
  });

  it('prints powers of two, whole numbers and the ends of fixed notation', () => {
    const bits = Array.from({ length: 256 }, (_, i) => i << 23);
    const near = bits.flatMap((each) => [-1, 0, 1].map((step) => fromBits4(each + step)));
    expectFloat4(near.flatMap((each) => [each, -each]));
    const whole = Array.from({ length: 2000 }, (_, i) => i - 1000);
    expectFloat4(whole.map((i) => Math.fround(2 ** 24 + i)));
    expectFloat4(whole.map((i) => Math.fround(1e6 + i / 8)));
    expectFloat4(whole.map((i) => Math.fround(i / 10)));
    expectFloat4([0, -0, NaN, Infinity, -Infinity, -(2 ** 31), 2 ** 31, Math.fround(1e-4)]);
  });
});

describe('whole numbers', () => {
  it('of every length and sign', () => {
    const sized = fc
      .tuple(fc.maxSafeInteger(), fc.integer({ min: 0, max: 52 }))
      .map(([value, bits]) => Math.trunc(value / 2 ** bits) + 0);
    fc.assert(
      fc.property(fc.array(sized, { minLength: 100, maxLength: 1000 }), (list) => {
        const edges = Array.from({ length: 16 }, (_, i) => 10 ** i).flatMap((i) => [i - 1, i, -i]);
        const values = [...list, ...edges, 2 ** 53 - 1, -(2 ** 53 - 1), 2 ** 31, -(2 ** 31)];
        expect(writtenTexts(FieldKind.WholeText, values)).toEqual(values.map(String));
      }),
    );
  });
});
