/**
 * Milliseconds that a statement, or work in the background, goes on for before it gives the event loop a turn. In a
 * turn one after the other may have its slice: what comes from the network waits for two or three of them.
 */
export const SLICE_MS = 1;
