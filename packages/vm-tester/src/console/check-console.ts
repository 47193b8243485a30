import { DETECTORS } from './detectors/index.ts';
import { parseConsole } from '../report/read.ts';
import { BootMonitor } from '../verdict/boot-monitor.ts';
import type { Finding } from '../verdict/boot-monitor.ts';

export interface ConsoleFinding extends Finding {
  /** 1-based, in the log. */
  line: number;
}

export interface ConsoleJudgement {
  findings: ConsoleFinding[];
  /** The worst of them, if one rejects the image. */
  rejection: ConsoleFinding | undefined;
}

/**
 * What the detectors of a running machine find in a saved console: a serial.log of ours, with its times, or any other
 * log. They see what they would have seen then, so the end of a log that was cut proves nothing good.
 */
export function checkConsole(log: Buffer): ConsoleJudgement {
  const lines: number[] = [];
  let line = 0;
  let atMs = 0;
  const monitor = new BootMonitor({
    timeScale: 1,
    detectors: DETECTORS,
    onFinding: () => lines.push(line),
  });
  for (let from = 0; from < log.length;) {
    line++;
    const end = log.indexOf('\n', from);
    const bytes = end < 0 ? log.subarray(from) : log.subarray(from, end);
    const [ours] = parseConsole(bytes.toString('latin1'));
    // Bytes rather than text: the console decides how they are read.
    const text = ours ? bytes.subarray(bytes.indexOf('] ') + 2) : bytes;
    atMs = ours?.atMs ?? kernelMs(text) ?? atMs;
    monitor.console('serial', Buffer.concat([text, Buffer.from('\n')]), atMs);
    from = end < 0 ? log.length : end + 1;
  }
  monitor.endOfLog(atMs);
  // Only now: what a line is worth may depend on those after it.
  const findings = monitor.findings.map((finding, index) => ({ ...finding, line: lines[index] ?? 0 }));
  const { rejection } = monitor;
  return { findings, rejection: rejection && findings[monitor.findings.indexOf(rejection)] };
}

/** The time that the kernel puts before its own lines: since it began. */
function kernelMs(text: Buffer): number | undefined {
  const [, seconds] = /^\[ *(\d+\.\d{6})\] /.exec(text.toString('latin1')) ?? [];
  return seconds === undefined ? undefined : Math.round(Number(seconds) * 1000);
}
