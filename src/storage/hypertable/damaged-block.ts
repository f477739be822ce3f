/** Thrown inside decoders; the keeper turns it into an error that names the table and the chunk. */
export class DamagedBlock extends Error {
  override name = 'DamagedBlock';
}
