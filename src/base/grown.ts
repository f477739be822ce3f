/** Puts what an array holds into a larger one, and gives that back. */
export function grown<T extends Float64Array | Uint8Array | Int32Array | Uint32Array>(
  from: T,
  larger: T,
): T {
  larger.set(from);
  return larger;
}
