/** Numbers 0, 1, 2 ... for integers that no double holds, in the order of their arrival. */
import { HashPages } from '../vector/hash-pages.ts';

/** Numbers of one page. */
const PAGE_BITS = 13;
const PAGE_NUMBERS = 1 << PAGE_BITS;

const wide = new BigInt64Array(1);
const words = new Int32Array(wide.buffer);

export class WideNumbers {
  size = 0;
  readonly #index = new HashPages();
  /** Two words a number. */
  readonly #pages: Int32Array[] = [];

  get bytes(): number {
    return this.#index.bytes + this.#pages.length * PAGE_NUMBERS * 8;
  }

  /** The number of an integer of 64 bits, -1 where it has none. */
  find(value: bigint): number {
    return this.#look(value, false);
  }

  /** The same, with a new number where it has none. */
  add(value: bigint): number {
    return this.#look(value, true);
  }

  #look(value: bigint, adds: boolean): number {
    wide[0] = value;
    return this.#lookWords(words[0], words[1], adds);
  }

  /** The same for an integer as words. */
  findWords(low: number, high: number): number {
    return this.#lookWords(low, high, false);
  }

  addWords(low: number, high: number): number {
    return this.#lookWords(low, high, true);
  }

  #lookWords(low: number, high: number, adds: boolean): number {
    const hash = hashOf(low, high);
    const page = this.#index.directory[hash >>> this.#index.shift];
    const { slots } = page;
    const mask = slots.length - 2;
    let at = (hash << 1) & mask;
    for (; slots[at + 1] !== 0; at = (at + 2) & mask) {
      if (slots[at] === hash && this.#is(slots[at + 1] - 1, low, high)) return slots[at + 1] - 1;
    }
    if (!adds) return -1;
    const number = this.size++;
    const place = number & (PAGE_NUMBERS - 1);
    if (place === 0) this.#pages.push(new Int32Array(2 * PAGE_NUMBERS));
    const numbers = this.#pages[number >>> PAGE_BITS];
    numbers[2 * place] = low;
    numbers[2 * place + 1] = high;
    this.#index.put(page, at, hash, number + 1);
    return number;
  }

  #is(number: number, low: number, high: number): boolean {
    const numbers = this.#pages[number >>> PAGE_BITS];
    const at = 2 * (number & (PAGE_NUMBERS - 1));
    return numbers[at] === low && numbers[at + 1] === high;
  }
}

function hashOf(low: number, high: number): number {
  let hash = Math.imul(low, 0x9e3779b1 | 0);
  hash = Math.imul(hash ^ (hash >>> 15) ^ high, 0x85ebca6b | 0);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35 | 0);
  return hash ^ (hash >>> 16);
}
