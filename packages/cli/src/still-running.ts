import { printedAt, printNote } from './print.ts';
import { clock } from './render.ts';

/** After so long without a line, one says that the command goes on. */
const silentMs = 10_000;

/** Until it is disposed of: in a silence, a line on standard error says every ten seconds that the command still runs. */
export function sayWhileSilent(
  name: string,
  { silentMs: silence = silentMs, print = printNote }: { silentMs?: number; print?: (line: string) => void } = {},
): Disposable {
  const since = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    if (now - printedAt() >= silence) print(`note: phyllome ${name} is still running, ${clock(now - since)} so far`);
  }, silence).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
