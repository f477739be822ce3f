/** Log lines on standard error: time, level, message and fields as key=value. */
import type { Log } from '../base/env.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;

/** The least severe level that is written. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** A log that hands each line to `write`, standard error unless told otherwise. */
export function createNodeLog(level: LogLevel, write: (line: string) => void = writeStderr): Log {
  const threshold = LOG_LEVELS.indexOf(level);
  const at = (own: LogLevel): Log['info'] => {
    if (LOG_LEVELS.indexOf(own) < threshold) return () => undefined;
    return (message, fields) => write(formatLine(own, message, fields));
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

function formatLine(level: string, message: string, fields?: Record<string, unknown>): string {
  let line = `${new Date().toISOString()} ${level.toUpperCase()} ${oneLine(message)}`;
  for (const [key, value] of Object.entries(fields ?? {})) {
    if (value !== undefined) line += ` ${key}=${formatField(value)}`;
  }
  return `${line}\n`;
}

function formatField(value: unknown): string {
  if (value instanceof Error) return JSON.stringify(value.stack ?? value.message);
  const text = typeof value === 'string' ? value : (JSON.stringify(value, bigintAsText) ?? '');
  return /^[\w.:/@+-]+$/.test(text) ? text : JSON.stringify(text);
}

function bigintAsText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

/** A message may carry a client's text: a line break in it must not forge a second line. */
function oneLine(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f\u2028\u2029]/g, ' ');
}

function writeStderr(line: string): void {
  process.stderr.write(line);
}
