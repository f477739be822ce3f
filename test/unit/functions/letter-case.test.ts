/** What PostgreSQL 15 answers in the locale C.UTF-8. */
import { describe, expect, it } from 'vitest';
import { initcap, lower, upper } from '../../../src/functions/scalar/letter-case.ts';
import { compileInsensitiveLike } from '../../../src/functions/regex/like.ts';

describe('upper, lower and initcap', () => {
  it('map each character to one', () => {
    expect(upper('ßa ŉ é')).toBe('ßA ŉ É');
    expect(lower('İX É')).toBe('ix é');
    expect(initcap("ßa éa İx aİ x'y")).toBe("ßa Éa İx Ai X'Y");
  });

  it('have one small sigma for the capital one', () => {
    expect(lower('ΑΣ Σ')).toBe('ασ σ');
    expect(initcap('ΑΣ')).toBe('Ασ');
    expect(compileInsensitiveLike('%Σ%')('ΑΣ')).toBe(true);
  });

  it('take letters and digits for parts of words', () => {
    expect(initcap('²a ½b 1c ٣d')).toBe('²A ½B 1c ٣d');
  });
});
