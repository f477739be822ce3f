/**
 * Milliseconds that work goes on for before it gives the event loop a turn. In a turn one after the other may have
 * its slice: what comes from the network waits for two or three of them.
 */

/** Of a statement. Each turn costs it some hundredths of a millisecond, which queries of a few notice. */
export const SLICE_MS = 4;

/** Of loads and of work in the background, which go on without an end: others come first. */
export const SHORT_SLICE_MS = 1;
