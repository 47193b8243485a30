/**
 * One line of a log, whatever wrote it: lorax stamps its console and its files, anaconda its own files in two forms,
 * dnf in a third; syslog and our own captures of a serial console add a prefix of theirs.
 */
export interface LogLine {
  /** What it says, without stamp, level and logger; plain text. */
  readonly message: string;
  /** `DEBUG`, `INFO`, `WARNING`, `ERROR` or `CRITICAL`, where the form has one. */
  readonly level: Level | undefined;
  /** The logger, as `anaconda.modules.payloads.payload.dnf.dnf_manager` or `pylorax`. */
  readonly logger: string | undefined;
  /** It begins a record. A line without a stamp belongs to the record before it, or comes from another program. */
  readonly stamped: boolean;
}

type Level = 'DEBUG' | 'INFO' | 'WARNING' | 'ERROR' | 'CRITICAL';

/** Anaconda shortens the names in its main log (`pyanaconda/anaconda_logging.py`). */
const LEVELS: Readonly<Record<string, Level>> = {
  TRACE: 'DEBUG',
  DBG: 'DEBUG',
  DEBUG: 'DEBUG',
  INF: 'INFO',
  INFO: 'INFO',
  WRN: 'WARNING',
  WARN: 'WARNING',
  WARNING: 'WARNING',
  ERR: 'ERROR',
  ERROR: 'ERROR',
  CRT: 'CRITICAL',
  CRITICAL: 'CRITICAL',
};

/** Forms of stamps, the longest first. Each is anchored, and has at most one level and one logger. */
const STAMPS: readonly RegExp[] = [
  // dnf.log: 2026-11-29T00:19:46+0000 [47] ERROR No match for argument: x
  /^\d{4}-\d{2}-\d{2}T[\d:.,]+(?:Z|[+-]\d{2}:?\d{2})? (?:\[\d+\] )?(?<level>[A-Z]+) /u,
  // livemedia.log and lorax's program.log: 2026-11-29 00:22:20,355 INFO pylorax: x, … INFO: x, … INFO program: x
  /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2},\d{3} (?<level>[A-Z]+)(?: (?<logger>[\w.-]+))?: ?/u,
  // lorax's console: 2026-11-29 00:22:20,355: x
  /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2},\d{3}: ?/u,
  // anaconda.log: 00:22:39,479 INF main: x
  /^\d{2}:\d{2}:\d{2},\d{3} (?<level>[A-Z]+) (?<logger>[\w.-]+): ?/u,
  // The rehearsal's logs of anaconda: 2026-11-29 00:22:20,355 x
  /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2},\d{3} /u,
  // packaging.log, dbus.log, storage.log: ERROR:anaconda.modules.payloads: x
  /^(?<level>DEBUG|INFO|WARNING|ERROR|CRITICAL):(?<logger>[\w.-]+):/u,
];

/** What may stand before a stamp: seconds since the start of a serial console, or a line of syslog or the journal. */
const PREFIXES: readonly RegExp[] = [
  /^\[ *\d+\.\d{3}\] /u,
  /^(?:<\d+>)?[A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \S+ [^\s:]+: /u,
];

/** Some of anaconda's lines on the console carry its own clock, behind lorax's stamp. */
const CLOCK = /^\d{2}:\d{2}:\d{2} (?=\S)/u;

/** Reads one line. Pure; never throws. */
export function parseLogLine(raw: string): LogLine {
  let text = plainText(raw).trimEnd();
  for (const prefix of PREFIXES) text = text.replace(prefix, '');
  for (const form of STAMPS) {
    const match = form.exec(text);
    if (match === null) continue;
    const { level, logger } = match.groups ?? {};
    if (level !== undefined && LEVELS[level] === undefined) continue;
    return {
      message: text.slice(match[0].length).replace(CLOCK, ''),
      level: level === undefined ? undefined : LEVELS[level],
      logger,
      stamped: true,
    };
  }
  return { message: text.replace(CLOCK, ''), level: undefined, logger: undefined, stamped: false };
}

/** Longer lines are cut: nothing that decides stands behind so much text. In UTF-16 units. */
export const MAX_LINE_LENGTH = 16_384;

// oxlint-disable-next-line no-control-regex
const ESCAPES = /\u001B(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001B]*(?:\u0007|\u001B\\)?|[@-Z\\^_])/gu;

/** Without what would move a cursor, colour a terminal or turn the direction of text: logs are input. Pure. */
function plainText(text: string): string {
  const short = text.length > MAX_LINE_LENGTH ? text.slice(0, MAX_LINE_LENGTH) : text;
  // Nearly every line is plain.
  if (!/[\p{Cc}\p{Cf}]/u.test(short)) return short;
  return short
    .replaceAll(ESCAPES, '')
    .replaceAll('\t', '  ')
    .replaceAll(/[\p{Cc}\p{Cf}]/gu, '');
}
