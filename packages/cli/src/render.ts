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

/** One message for the person who runs the command. @param links where parts of it lead, as `printText` has them */
export function say(text: string, links?: ReadonlyMap<string, string>): void {
  printText(text.replaceAll(/^/gm, currentLabel()), links);
}

/** Diagnostics go to stderr, each with its place, its include chain and what to do. */
export function printDiagnostics(diagnostics: readonly Diagnostic[], workspace: Workspace): void {
  for (const text of renderDiagnostics(diagnostics, workspace.readFile)) printNote(text);
}

/** `0:07`, `12:34`, `1:02:03`. */
export function clock(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  const rest = two(seconds % 60);
  return minutes < 60 ? `${minutes}:${rest}` : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${rest}`;
}

const two = (value: number): string => String(value).padStart(2, '0');
