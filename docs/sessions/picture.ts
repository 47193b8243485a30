import xterm from '@xterm/headless';
import { execa } from 'execa';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Stage } from './play.ts';
import { scrub } from './play.ts';

/** What a terminal shows, a line a row, from a moment on. */
export interface Frame {
  /** Seconds since the start. */
  readonly at: number;
  readonly rows: readonly string[];
}

const [columns, lines] = [100, 22];
/** Of the picture: how long a frame is shown at most, and the last one. In seconds. */
const [longest, last] = [0.5, 6];
/** A picture of more is too large for a page. */
const mostFrames = 60;

/** Runs a command line on a terminal, and returns what that showed. @throws when the command fails */
export async function film(command: string, stage: Stage, folder: string): Promise<Frame[]> {
  const [output, timing] = [join(folder, 'output'), join(folder, 'timing')];
  const shown = `stty cols ${columns} rows ${lines}; ${command}`;
  const logs = ['--log-out', output, '--log-timing', timing, '--logging-format', 'classic'];
  await execa('script', ['--quiet', '--return', ...logs, '--command', shown], {
    cwd: stage.root,
    env: { ...stage.env, TERM: 'xterm-256color', SHELL: '/bin/bash' },
    stdin: 'ignore',
  });
  // `script` puts a line of its own before what it records.
  const bytes = await readFile(output);
  const body = bytes.subarray(bytes.indexOf('\n') + 1);
  return replay(command, body, await readFile(timing, 'utf8'), stage.root);
}

/** Plays what was recorded to a terminal without a screen. @param timing a line a piece: seconds since the last, bytes */
async function replay(command: string, bytes: Buffer, timing: string, root: string): Promise<Frame[]> {
  const terminal = new xterm.Terminal({ cols: columns, rows: lines, allowProposedApi: true, convertEol: false });
  const frames: Frame[] = [];
  let [at, offset] = [0, 0];
  await write(terminal, Buffer.from(`$ ${command}\r\n`));
  for (const line of timing.trim().split('\n')) {
    const [delay = 0, length = 0] = line.split(' ').map(Number);
    frames.push({ at, rows: rowsOf(terminal, root) });
    at += delay;
    await write(terminal, bytes.subarray(offset, (offset += length)));
  }
  frames.push({ at, rows: rowsOf(terminal, root) });
  return fewer(frames);
}

const write = (terminal: xterm.Terminal, bytes: Buffer): Promise<void> =>
  new Promise((resolve) => terminal.write(bytes, resolve));

function rowsOf({ buffer: { active } }: xterm.Terminal, root: string): string[] {
  const rows = Array.from(
    { length: lines },
    (_, at) => active.getLine(active.viewportY + at)?.translateToString(true) ?? '',
  );
  return rows.map((row) => scrub(row, root, 'row'));
}

/** Without those that show the same as the one before, and evenly thinned where there are too many. */
function fewer(frames: readonly Frame[]): Frame[] {
  const changed = frames.filter(({ rows }, at) => at === 0 || rows.join('\n') !== frames[at - 1]?.rows.join('\n'));
  const step = Math.ceil(changed.length / mostFrames);
  return changed.filter((_, at) => at % step === 0 || at === changed.length - 1);
}

/** The frames as an SVG that plays them again and again, sped up; where nothing moves, it shows the last one. Pure. */
export function animate(frames: readonly Frame[], title: string): string {
  const used = Math.max(...frames.map(({ rows }) => rows.findLastIndex((row) => row !== '') + 1));
  const [width, height, lineHeight] = [columns * 7.8 + 32, used * 18 + 56, 18];
  const shown = frames.map(({ at }, index) => {
    const next = frames[index + 1];
    return next === undefined ? last : Math.min(longest, Math.max(0.08, next.at - at));
  });
  const total = shown.reduce((sum, one) => sum + one, 0);
  let start = 0;
  const moments = shown.map((length, index) => {
    const percent = ((start / total) * 100).toFixed(3);
    start += length;
    return `${percent}%{transform:translateY(${-index * height}px)}`;
  });
  const texts = frames.map(({ rows }, index) =>
    rows
      .map((row, at) =>
        row === '' ? '' : `<text x="16" y="${index * height + 52 + at * lineHeight}">${escape(row)}</text>`,
      )
      .join(''),
  );
  const end = -(frames.length - 1) * height;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escape(title)}">
<title>${escape(title)}</title>
<style>text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#e6e6e6;white-space:pre}
#film{transform:translateY(${end}px);animation:film ${total.toFixed(2)}s step-end infinite}
@keyframes film{${moments.join('')}}
@media (prefers-reduced-motion:reduce){#film{animation:none}}</style>
<rect width="${width}" height="${height}" rx="8" fill="#1e1e24"/>
<circle cx="20" cy="18" r="6" fill="#ff5f57"/><circle cx="40" cy="18" r="6" fill="#febc2e"/><circle cx="60" cy="18" r="6" fill="#28c840"/>
<svg y="34" width="${width}" height="${height - 34}"><g id="film"><g transform="translate(0,-34)">
${texts.join('\n')}
</g></g></svg>
</svg>
`;
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escape = (text: string): string => text.replaceAll(/[&<>"]/gu, (character) => entities[character] ?? '');
