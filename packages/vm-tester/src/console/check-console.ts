import { DETECTORS } from './detectors/index.ts';
import { kernelMsOf } from './speaker.ts';
import { BootMonitor, LEAVES } from '../verdict/boot-monitor.ts';
import type { Finding } from '../verdict/boot-monitor.ts';

/** A finding in a saved console. */
export interface ConsoleFinding extends Finding {
  /** 1-based, in the log. */
  line: number;
}

/** What a saved console shows. */
export interface ConsoleJudgement {
  findings: ConsoleFinding[];
  /** The worst of them, if one rejects the image. */
  rejection: ConsoleFinding | undefined;
}

/** Our time before every line. The kernel's own has more digits, which somebody may have shortened. */
const OUR_TIME = String.raw`\[ *\d+\.\d{3}\] `;
/** That of another program which saved a console: `2026-11-30T10:00:00.123Z `, `[10:00:00] `. */
const TOOL_TIME = String.raw`\[?(?:\d{4}-\d\d-\d\d[T ])?\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?\]? `;
/** A console, rather than a saved journal: the kernel's own time comes next. */
const CONSOLE_OF_TOOL = new RegExp(String.raw`^${TOOL_TIME}\[ *\d+\.\d+\]`, 'm');

/** What stands before every line of a log, and is not the console's. */
function prefixOf(log: string): RegExp | undefined {
  const isBeforeAll = (time: string): boolean => !new RegExp(`^(?!${time}).+\n`, 'm').test(log);
  if (isBeforeAll(OUR_TIME)) return new RegExp(`^${OUR_TIME}`);
  return isBeforeAll(TOOL_TIME) && CONSOLE_OF_TOOL.test(log) ? new RegExp(`^${TOOL_TIME}`) : undefined;
}

/**
 * What the detectors of a running machine find in a saved console: a serial.log of ours, with its times, or any other
 * log. They see what they would have seen then, so the end of a log that was cut proves nothing good.
 */
export function checkConsole(log: Buffer): ConsoleJudgement {
  const lines: number[] = [];
  let line = 0;
  let atMs = 0;
  const prefix = prefixOf(log.toString('latin1'));
  const monitor = new BootMonitor({
    timeScale: 1,
    detectors: DETECTORS,
    onFinding: () => lines.push(line),
  });
  for (let from = 0; from < log.length;) {
    line++;
    const end = log.indexOf('\n', from);
    const bytes = end < 0 ? log.subarray(from) : log.subarray(from, end);
    const before = prefix?.exec(bytes.toString('latin1'))?.[0] ?? '';
    // Bytes rather than text: the console decides how they are read.
    const text = bytes.subarray(before.length);
    const ms = [before, text.toString('latin1')].map(kernelMsOf).find((time) => !Number.isNaN(time));
    atMs = Math.round(ms ?? atMs);
    monitor.console('serial', Buffer.concat([text, Buffer.from('\n')]), atMs);
    from = end < 0 ? log.length : end + 1;
    if (from < log.length && LEAVES.test(text.toString('latin1'))) monitor.nextBoot(atMs);
  }
  monitor.endOfLog(atMs);
  // Only now: what a line is worth may depend on those after it.
  const findings = monitor.findings.map((finding, index) => ({ ...finding, line: lines[index] ?? 0 }));
  const { rejection } = monitor;
  return { findings, rejection: rejection && findings[monitor.findings.indexOf(rejection)] };
}
