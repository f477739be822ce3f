/** Units of a stretch, about. */
const STRETCH = 16 * 1024;

/**
 * A text put together from pieces. Every now and then they become one flat stretch: a string that is the sum of
 * millions of pieces has to be made flat in one go when somebody reads it, which takes tenths of a second.
 */
export class LongText {
  #pieces: string[] = [];
  #units = 0;
  readonly #stretches: string[] = [];

  add(piece: string): void {
    this.#pieces.push(piece);
    this.#units += piece.length;
    if (this.#units >= STRETCH) this.#flatten();
  }

  toString(): string {
    this.#flatten();
    return this.#stretches.join('');
  }

  #flatten(): void {
    const stretch = this.#pieces.join('');
    // Where there is one piece it may be a sum itself: V8 makes flat what is asked for a character.
    void stretch.charCodeAt(0);
    this.#stretches.push(stretch);
    this.#pieces = [];
    this.#units = 0;
  }
}
