import { writeSync } from '@phyllome/host/fs';
import { safeDocument, safeJson, safeLine, safeText } from '@phyllome/host/terminal';

/**
 * The one place where this program writes to its outputs. What it prints may come from a leaf, an engine, a builder, an
 * installer or a guest, and a terminal obeys what is in a text: it leaves here as text alone.
 */

/**
 * Text for people, on standard output.
 *
 * @param links where parts of it lead, on a terminal that knows links: `linksTo` says which does
 */
export function printText(text: string, links: ReadonlyMap<string, string> = new Map()): void {
  let shown = safeText(text);
  for (const [part, address] of links) shown = shown.replace(part, () => hyperlink(part, address));
  write(stdout, `${shown}\n`);
}

/** OSC 8, as most terminals know it: gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda */
const hyperlink = (text: string, address: string): string =>
  `\u001B]8;;${safeLine(address)}\u001B\\${text}\u001B]8;;\u001B\\`;

/** Text for people that is not a result: errors, warnings, notes. On standard error. */
export function printNote(text: string): void {
  write(stderr, `${safeText(text)}\n`);
}

/** A value for programs, on standard output: one line, or several with `indent`. */
export function printJson(value: unknown, indent?: number): void {
  write(stdout, `${safeJson(value, indent)}\n`);
}

/** An error for programs, on standard error: one line, whatever is printed before it. */
export function printJsonError(error: unknown): void {
  write(stderr, `${safeJson({ error })}\n`);
}

/** A whole file, on standard output: as it is, unless a terminal would read it. */
export function printDocument(text: string): void {
  write(stdout, stdoutStream().isTTY ? safeDocument(text) : text);
}

/** Standard output as a stream, for what redraws its line and what asks for its width. */
export function stdoutStream(): typeof process.stdout {
  stdout.stream ??= process.stdout.on('error', (error: NodeJS.ErrnoException) => whenLost(error));
  return process.stdout;
}

/** What is done about output that is lost: on a full disk, or when its reader stopped early. */
export function onLostOutput(handler: (error: NodeJS.ErrnoException) => void): void {
  whenLost = handler;
}

let whenLost: (error: NodeJS.ErrnoException) => void = (error) => {
  throw error;
};

/** To open Node's stream loads what sockets and terminals need: a tenth of what an empty program takes. */
interface Output {
  readonly fd: number;
  readonly open: () => NodeJS.WritableStream;
  stream?: NodeJS.WritableStream;
}

const stdout: Output = { fd: 1, open: stdoutStream };
const stderr: Output = { fd: 2, open: () => process.stderr };

let lastAt = performance.now();
/** When something was printed last, by `performance.now()`. */
export const printedAt = (): number => lastAt;

function write(output: Output, text: string): void {
  lastAt = performance.now();
  const rest = output.stream === undefined ? notTaken(output.fd, Buffer.from(text)) : text;
  if (rest.length > 0) (output.stream ??= output.open()).write(rest);
}

/** What a descriptor did not take at once. The stream waits where one has to, and says what is wrong. */
function notTaken(fd: number, bytes: Buffer): Buffer {
  let at = 0;
  try {
    while (at < bytes.length) at += writeSync(fd, bytes, at);
  } catch {
    // It goes to the stream.
  }
  return bytes.subarray(at);
}
