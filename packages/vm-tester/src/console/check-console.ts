import { DETECTORS } from './detectors/index.ts';
import { parseConsole } from '../report/read.ts';
import { kernelMsOf } from './speaker.ts';
import { BootMonitor } from '../verdict/boot-monitor.ts';
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

/** A line without our time. The kernel's own has more digits, which somebody may have shortened. */
const NOT_OURS = /^(?!\[ *\d+\.\d{3}\] ).+\n/m;

/**
 * What the detectors of a running machine find in a saved console: a serial.log of ours, with its times, or any other
 * log. They see what they would have seen then, so the end of a log that was cut proves nothing good.
 */
export function checkConsole(log: Buffer): ConsoleJudgement {
  const lines: number[] = [];
  let line = 0;
  let atMs = 0;
  const isOurs = !NOT_OURS.test(log.toString('latin1'));
  const monitor = new BootMonitor({
    timeScale: 1,
    detectors: DETECTORS,
    onFinding: () => lines.push(line),
  });
  for (let from = 0; from < log.length;) {
    line++;
    const end = log.indexOf('\n', from);
    const bytes = end < 0 ? log.subarray(from) : log.subarray(from, end);
    const [ours] = isOurs ? parseConsole(bytes.toString('latin1')) : [];
    // Bytes rather than text: the console decides how they are read.
    const text = ours ? bytes.subarray(bytes.indexOf('] ') + 2) : bytes;
    const kernelMs = kernelMsOf(text.toString('latin1'));
    atMs = ours?.atMs ?? (Number.isNaN(kernelMs) ? atMs : Math.round(kernelMs));
    monitor.console('serial', Buffer.concat([text, Buffer.from('\n')]), atMs);
    from = end < 0 ? log.length : end + 1;
  }
  monitor.endOfLog(atMs);
  // Only now: what a line is worth may depend on those after it.
  const findings = monitor.findings.map((finding, index) => ({ ...finding, line: lines[index] ?? 0 }));
  const { rejection } = monitor;
  return { findings, rejection: rejection && findings[monitor.findings.indexOf(rejection)] };
}
