import { AsyncLocalStorage } from 'node:async_hooks';
import type { Diagnostic } from '@phyllome/flattener';
import type { Workspace } from '@phyllome/pipeline';
import { renderDiagnostics } from './explain.ts';
import { printNote, printText } from './print.ts';

const label = new AsyncLocalStorage<string>();

/** Puts a label before every line that the work says: what runs beside it says lines too. */
export function labelled<T>(text: string, work: () => T): T {
  return label.run(`${text}: `, work);
}

/** What {@link labelled} puts before lines here; nothing when nothing runs beside it. */
export const currentLabel = (): string => label.getStore() ?? '';

/** One message for the person who runs the command. */
export function say(text: string): void {
  printText(text.replaceAll(/^/gm, currentLabel()));
}

/** Diagnostics go to stderr, each with its place, its include chain and what to do. */
export function printDiagnostics(diagnostics: readonly Diagnostic[], workspace: Workspace): void {
  for (const text of renderDiagnostics(diagnostics, workspace.readFile)) printNote(text);
}

/** Progress is printed at most this often: a phase may go from nothing to all of it within a second. */
export const progressEveryMs = 5000;

/** How far something is, in words. Without `total` it is unknown how much there will be. */
export function progressText({
  done,
  total,
  unit,
}: {
  done: number;
  total?: number;
  unit: 'percent' | 'packages' | 'bytes';
}): string {
  if (total === undefined) return unit === 'bytes' ? `${mebibytes(done)} MiB` : `${done} ${unit}`;
  return {
    percent: `${done} %`,
    packages: `${done} of ${total} packages`,
    bytes: `${mebibytes(done)} of ${mebibytes(total)} MiB`,
  }[unit];
}

export const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);

/** A time since the machine was switched on, in ms, as it is printed. */
export const seconds = (ms: number): string => `${(ms / 1000).toFixed(0)}s`.padStart(6);
