import { safeDocument, safeJson, safeText } from '@phyllome/host/terminal';

/**
 * The one place where this program writes to its outputs. What it prints may come from a leaf, an engine, a builder, an
 * installer or a guest, and a terminal obeys what is in a text: it leaves here as text alone.
 */

/** Text for people, on standard output. */
export function printText(text: string): void {
  process.stdout.write(`${safeText(text)}\n`);
}

/** Text for people that is no result: errors, warnings, notes. On standard error. */
export function printNote(text: string): void {
  process.stderr.write(`${safeText(text)}\n`);
}

/** A value for programs, on standard output: one line, or several with `indent`. */
export function printJson(value: unknown, indent?: number): void {
  process.stdout.write(`${safeJson(value, indent)}\n`);
}

/** An error for programs, on standard error: one line, whatever is printed before it. */
export function printJsonError(error: unknown): void {
  process.stderr.write(`${safeJson({ error })}\n`);
}

/** A whole file, on standard output: as it is, unless a terminal would read it. */
export function printDocument(text: string): void {
  process.stdout.write(process.stdout.isTTY ? safeDocument(text) : text);
}
