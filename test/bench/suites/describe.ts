/** One line for each measurement, while the bench runs. */
import type { Cell, LoadResult } from './measure.ts';

export function describeLoad(load: LoadResult): string {
  const cpu = load.cpuSecondsPerMillionRows?.toFixed(2) ?? '-';
  const rate = Math.round(load.rows / load.seconds);
  const peak = load.peakBytes === undefined ? '-' : Math.round(load.peakBytes / 2 ** 20);
  return `  ${load.rows} rows as ${load.form} in ${load.seconds.toFixed(1)} s (${rate} rows/s), ${cpu} CPU s per million, ${load.storedBytesPerRow.toFixed(1)} bytes/row, ${peak} MiB`;
}

export function describeCell(cell: Cell): string {
  if (cell.absent === true) return '-';
  if (cell.error !== undefined) return cell.error;
  const time = `${cell.medianMs?.toFixed(2)} ms, p95 ${cell.p95Ms?.toFixed(2)} ms, ${cell.rows} rows, ${cell.runs} runs`;
  return cell.differs === undefined ? time : `${time}, DIFFERS: ${cell.differs}`;
}
