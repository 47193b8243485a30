import xterm from '@xterm/headless';
import { execa } from 'execa';

/** What a terminal has shown while a command ran on it. */
export interface Shown {
  readonly exitCode: number | undefined;
  /** Every row from the first that scrolled out to the last, each time that something was written. */
  readonly frames: readonly (readonly string[])[];
  /** Everything that was written, with what the terminal obeys. */
  readonly written: string;
}

interface TerminalOptions {
  cwd: string;
  env?: Record<string, string | undefined>;
  columns: number;
  rows?: number;
}

/** Runs a command line on a terminal: script(1) gives it one. */
export async function onTerminal(
  command: string,
  { cwd, env = {}, columns, rows = 24 }: TerminalOptions,
): Promise<Shown> {
  const shown = `stty cols ${columns} rows ${rows}; ${command}`;
  const script = execa('script', ['--quiet', '--flush', '--return', '--command', shown, '/dev/null'], {
    cwd,
    env: { TERM: 'xterm-256color', SHELL: '/bin/bash', CI: undefined, FORCE_COLOR: undefined, ...env },
    stdin: 'ignore',
    reject: false,
    buffer: false,
  });
  const pieces: string[] = [];
  script.stdout.setEncoding('utf8').on('data', (text: string) => pieces.push(text));
  const { exitCode } = await script;
  const terminal = new xterm.Terminal({ cols: columns, rows, scrollback: 10_000, allowProposedApi: true });
  const frames: string[][] = [];
  for (const piece of pieces) {
    await new Promise<void>((resolve) => terminal.write(piece, resolve));
    frames.push(rowsOf(terminal));
  }
  return { exitCode, frames, written: pieces.join('') };
}

function rowsOf({ buffer: { active } }: xterm.Terminal): string[] {
  const rows = Array.from({ length: active.length }, (_, at) => active.getLine(at)?.translateToString(true) ?? '');
  return rows.slice(0, rows.findLastIndex((row) => row !== '') + 1);
}
