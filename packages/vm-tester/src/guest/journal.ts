import * as z from 'zod';
import { parseJson } from '../json.ts';

/** The fields of a journal entry that we ask for (systemd.journal-fields(7)). */
export interface JournalEntry {
  message: string;
  priority: number;
  /** SYSLOG_IDENTIFIER, which every client chooses for itself. */
  identifier: string;
  /** `kernel`, `syslog`, `stdout`, `journal`, `audit`, `driver`. Added by journald, as all `_` fields; '' when there is none. */
  transport: string;
  /** SYSLOG_FACILITY: 0 is the kernel's own, which journald takes from /dev/kmsg alone. */
  facility: number | undefined;
  /** Of the process that sent it (`_PID`, `_UID`). */
  pid: number | undefined;
  uid: number | undefined;
  /** Of an audit record (`_AUDIT_TYPE`, linux/audit.h). */
  auditType: number | undefined;
  /** The unit whose process sent it (`_SYSTEMD_UNIT`). */
  senderUnit: string;
  /** The unit it is about: what process 1 says of one (`UNIT`), else the sender's own. */
  unit: string;
  /** 32 hexadecimal digits that name the kind of message, or nothing (`journalctl --catalog`). */
  messageId: string;
  /** On PID 1's message that a job ended: `start`, `stop`, `restart`… */
  jobType: string | undefined;
  /** And how: `done`, `failed`, `dependency`, `timeout`… */
  jobResult: string | undefined;
}

const PRIORITY_INFO = 6;

const Fields = z.record(z.string(), z.unknown());

/** One line of `journalctl --output=json`; undefined when it is not an entry, as when the stream was cut. */
export function parseJournalLine(line: string): JournalEntry | undefined {
  const fields = parseJson(Fields, line);
  if (!fields) return undefined;
  return {
    message: text(fields['MESSAGE']),
    priority: number(fields['PRIORITY']) ?? PRIORITY_INFO,
    identifier: text(fields['SYSLOG_IDENTIFIER']),
    transport: text(fields['_TRANSPORT']),
    facility: number(fields['SYSLOG_FACILITY']),
    pid: number(fields['_PID']),
    uid: number(fields['_UID']),
    auditType: number(fields['_AUDIT_TYPE']),
    senderUnit: text(fields['_SYSTEMD_UNIT']),
    unit: text(fields['UNIT'] ?? fields['_SYSTEMD_UNIT']),
    messageId: text(fields['MESSAGE_ID']),
    jobType: fields['JOB_TYPE'] === undefined ? undefined : text(fields['JOB_TYPE']),
    jobResult: fields['JOB_RESULT'] === undefined ? undefined : text(fields['JOB_RESULT']),
  };
}

function number(value: unknown): number | undefined {
  const digits = text(value);
  return /^\d{1,15}$/.test(digits) ? Number(digits) : undefined;
}

/** journalctl gives bytes that are not UTF-8 as an array of numbers, and repeated fields as an array of values. */
function text(value: unknown): string {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) return '';
  if (value.every((item) => typeof item === 'number')) return Buffer.from(value).toString();
  return value.map(text).join(' ');
}
