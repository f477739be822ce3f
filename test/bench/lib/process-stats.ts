/** What the kernel knows of a process: memory, processor time; and what a directory holds. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Ticks a second in /proc: 100 on every Linux that Node.js runs on. */
const TICKS = 100;

function statusBytes(pid: number, field: string): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) * 1024;
}

export const residentBytes = (pid: number): number => statusBytes(pid, 'VmRSS');

/** The most that a process, with its children, has had resident. */
export function peakBytes(pid: number): number {
  return statusBytes(pid, 'VmHWM');
}

/** Processor seconds of a process, its threads, and the children that it waited for or still has. */
export function cpuSeconds(pid: number): number {
  const own = ticksOf(pid);
  const living = childrenOf(pid).reduce((sum, child) => sum + cpuSeconds(child), 0);
  return own / TICKS + living;
}

function ticksOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // utime, stime, cutime, cstime
    return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  } catch {
    return 0;
  }
}

function childrenOf(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return text === '' ? [] : text.split(' ').map(Number);
  } catch {
    return [];
  }
}

export function diskBytes(directory: string): number {
  const output = spawnSync('du', ['-sB1', directory]).stdout.toString();
  return Number(output.split('\t')[0]);
}

/**
 * Peak of a single process. A server of many processes shares memory between them, so each counts its
 * part of what it shares, as of now.
 */
export function memoryBytes(pid: number): number {
  const tree = processTree(pid);
  if (tree.length === 1) return peakBytes(pid);
  return tree.reduce((sum, member) => sum + proportionalBytes(member), 0);
}

function processTree(pid: number): number[] {
  return [pid, ...childrenOf(pid).flatMap(processTree)];
}

function proportionalBytes(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    return Number(/^Pss:\s+(\d+)/m.exec(text)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
