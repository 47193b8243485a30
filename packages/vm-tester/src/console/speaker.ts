import type { JournalEntry } from '../guest/journal.ts';
import { phaseIndex } from '../verdict/verdict.ts';
import type { Phase } from '../verdict/verdict.ts';

/**
 * A program whose words are evidence. `other` is everybody else: services, users, whatever a network peer made a
 * service print. What they print is shown and rejects nothing.
 */
export type Speaker =
  | 'firmware'
  | 'loader'
  | 'kernel'
  /** dracut, initramfs-tools, mkinitcpio…: the scripts that look for the root, and the shell they end in. */
  | 'initramfs'
  /** Another process 1 than systemd: OpenRC, sysvinit, BusyBox. */
  | 'init'
  /** Process 1, and systemd-shutdown, which replaces it at the end. */
  | 'systemd'
  /** systemd's own helpers, each named by its unit: journald, coredump, fsck. */
  | 'journald'
  | 'coredump'
  | 'fsck'
  | 'other';

/** A line, and who can have said it. On a serial console that is not always one. */
export interface Said {
  speakers: ReadonlySet<Speaker>;
  /** The message alone: without time stamps and without the name of the process that said it. */
  text: string;
}

/** What is known of a serial console when a line arrives. */
export interface ConsoleMoment {
  phase: Phase;
  /** The kernel puts its time before its lines: one without is not the kernel's. */
  kernelStamps: boolean;
  /** User space is up, or the journal is read: whatever is evidence now comes from there, or with the kernel's stamp. */
  late: boolean;
  /** The journal is read: what others than the kernel have to say is there, and here anybody can say it. */
  journal?: boolean;
  /** The latest of the kernel's times so far. */
  kernelMs?: number;
  /** Process 1 is systemd: nobody speaks for another one. */
  systemd?: boolean;
  /** The console has lines of its own: one that looks like a journal's or syslog's is repeated by somebody. */
  repeats?: boolean;
}

/** CPUs do not agree on the time to the millisecond. */
const CLOCKS_DIFFER_MS = 2_000;

/** `[   12.345678] `, with the caller that CONFIG_PRINTK_CALLER adds. */
export const KERNEL_STAMP = /^\[ *\d+\.\d+\] ?(?:\[ *[TC]\d+\] ?)?/;
/** `Nov 29 10:00:00 host ` of syslog and journalctl, or an ISO 8601 time in place of the first three. */
const SYSLOG_STAMP =
  /^(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d+)?|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?) \S+ (?=\S+: )/;
/** `[Mon Nov 30 10:00:00 2026] `, as `dmesg --ctime` has it. */
const DATE_STAMP = /^\[[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}\] /;
/** `host ` before a message, where `journalctl -o short-monotonic` put the kernel's time before that. */
const HOST = /^[\w.-]+ (?=kernel: |[\w.@/+-]+\[\d+\]: )/;
const PROCESS = /^([\w.@/+-]+)\[(\d+)\]: ?/;
const NAMED = /^([\w.@/+-]+): /;
/** The scripts of an initramfs that sign what they write to /dev/kmsg or to journald. */
const INITRAMFS_PROGRAM = /^(dracut(-[\w-]+)?|booster)$/;
/** The kernel names processes in the way that others sign their lines. */
const KERNEL_OF_PROCESS =
  /^\S+\[\d+\]: (segfault (at|\(\d+\))|bad frame in|trap |unhandled (exception|signal \d|[\w ]*(fault|abort)) ?[:(c])|^traps: /;
/** What stands before the words of a script that ends in the shell of initramfs-tools. */
const PROMPT = /^\(initramfs\) (?=\S)/;
/** systemd's status lines, as it writes them to the console. */
const STATUS = /^\[(?: {2}OK {2}|FAILED|DEPEND| TIME | INFO | {2}!! {2}| SKIP |!!!!!!)\] | {9}(?:Starting|Stopping) /;

const one = (speaker: Speaker, text: string): Said => ({ speakers: new Set([speaker]), text });

/** The time before a line, the kernel's or ours: in milliseconds since it began, NaN without one. */
export const kernelMsOf = (line: string): number => Number(/^\[ *(\d+\.\d+)\]/.exec(line)?.[1] ?? NaN) * 1000;

/** A prompt, or what waits for its own end: `Begin: Mounting root file system ... `. Then the kernel's line, unquoted. */
const INTERRUPTED =
  /^(?!\[ *\d|\S+\[\d+\]: )(.*?(?:login: ?|Password: ?|[#$] ?|\(initramfs\) ?|\.\.\. ?))(\[ *\d+\.\d{6}\].*)$/;

/** The kernel begins its line wherever the cursor stands: a line that it interrupts is two. */
export const partsOf = (line: string): string[] => INTERRUPTED.exec(line)?.slice(1) ?? [line];

/** Whether a line is one of a saved journal or syslog, rather than of a console. */
export const isOfSavedJournal = (line: string): boolean =>
  SYSLOG_STAMP.test(line) ||
  DATE_STAMP.test(line) ||
  HOST.test(line.replace(KERNEL_STAMP, '')) ||
  line.startsWith('-- ');

/** Who said a line of the firmware's debug port (I/O port 0x402). Once a kernel runs, root can write there too. */
export function spokenByFirmware(line: string, { phase }: ConsoleMoment): Said {
  return one(phaseIndex(phase) < phaseIndex('kernel') ? 'firmware' : 'other', line);
}

/** Who said a line of the serial console, by its form and by how far the boot has come. */
export function spokenOnSerial(line: string, moment: ConsoleMoment): Said {
  const stamp = KERNEL_STAMP.exec(line)?.[0];
  if (stamp !== undefined) return spokenInKernelLog(line.slice(stamp.length), kernelMsOf(line), moment);
  if (moment.journal) return one('other', line);
  const syslog = SYSLOG_STAMP.exec(line)?.[0];
  if (syslog !== undefined) return spokenInSavedJournal(line.slice(syslog.length), moment);
  const date = DATE_STAMP.exec(line)?.[0];
  if (date !== undefined && !moment.repeats) return spokenInKernelLog(line.slice(date.length), NaN, moment);
  if (STATUS.test(line)) return one(moment.late ? 'other' : 'systemd', line);
  const bare = { speakers: bareSpeakers(moment), text: line.replace(PROMPT, '') };
  if (bare.speakers.has('kernel') && KERNEL_OF_PROCESS.test(line)) return bare;
  const process = PROCESS.exec(line);
  return process ? spokenByProcess(line, process, moment) : bare;
}

/** A line with the kernel's stamp: the kernel's own, unless it is signed. Root can write such lines to /dev/kmsg. */
function spokenInKernelLog(text: string, atMs: number, moment: ConsoleMoment): Said {
  // The kernel's clock does not go back: somebody shows an old log.
  if (atMs < (moment.kernelMs ?? 0) - CLOCKS_DIFFER_MS) return one('other', text);
  const host = HOST.exec(text)?.[0];
  if (host !== undefined) return spokenInSavedJournal(text.slice(host.length), moment);
  if (KERNEL_OF_PROCESS.test(text)) return one('kernel', text);
  const process = PROCESS.exec(text);
  if (process) return spokenByProcess(text, process, moment);
  const [named, name = ''] = NAMED.exec(text) ?? [''];
  if (INITRAMFS_PROGRAM.test(name)) return one(initramfs(moment), text.slice(named.length));
  if (text.startsWith('dracut Warning: ')) return one(initramfs(moment), text);
  return one('kernel', text);
}

/** A saved `journalctl` or syslog: the kernel's lines have no process number there, those of others named so have one. */
function spokenInSavedJournal(text: string, moment: ConsoleMoment): Said {
  if (moment.repeats) return one('other', text);
  if (text.startsWith('kernel: ')) return one('kernel', text.slice('kernel: '.length).replace(KERNEL_STAMP, ''));
  const process = PROCESS.exec(text);
  if (process) return spokenByProcess(text, process, moment);
  return one('other', text);
}

function spokenByProcess(line: string, [signature, name = '', pid = '']: RegExpExecArray, moment: ConsoleMoment): Said {
  const text = line.slice(signature.length);
  if ((name === 'systemd' || name === 'systemd-shutdown') && pid === '1') return one('systemd', text);
  if (INITRAMFS_PROGRAM.test(name)) return one(initramfs(moment), text);
  if (name === 'systemd-journald') return one('journald', text);
  if (name === 'systemd-coredump') return one('coredump', text);
  if (name === 'systemd-fsck') return one('fsck', text);
  return one('other', text);
}

function bareSpeakers({ phase, kernelStamps, late, systemd }: ConsoleMoment): Set<Speaker> {
  const speakers = new Set<Speaker>(['other']);
  if (late) return speakers;
  // A log that somebody cut out of a boot begins anywhere.
  speakers.add('initramfs');
  if (!systemd) speakers.add('init');
  if (!kernelStamps) speakers.add('kernel');
  if (phaseIndex(phase) < phaseIndex('kernel')) speakers.add('firmware').add('loader');
  return speakers;
}

function initramfs({ phase }: ConsoleMoment): Speaker {
  return phaseIndex(phase) <= phaseIndex('switch-root') ? 'initramfs' : 'other';
}

/** LOG_KERN of syslog(3): the kernel gives what a process writes to /dev/kmsg another facility. */
const KERNEL_FACILITY = 0;
/** AUDIT_AVC to AUDIT_MAC_…, which only the kernel sends (linux/audit.h). A process's records are 1100 to 1299. */
const isKernelAudit = (type: number | undefined): boolean => type !== undefined && type >= 1300 && type < 2100;

/** What is known of a journal when an entry arrives. */
export interface JournalMoment {
  /** Process 1 has not switched to the real root yet. */
  initrd: boolean;
  /** Process 1 has spoken to journald itself. Before, its words come by way of /dev/kmsg. */
  processOneSpoke: boolean;
}

/**
 * Who said a journal entry, by the fields that journald adds and no client can (systemd.journal-fields(7)). An entry
 * without any of them is not a journal's but a reduced copy; there the identifier has to do.
 */
export function spokenInJournal(entry: JournalEntry, { initrd, processOneSpoke }: JournalMoment): Said {
  const { message, identifier, transport, facility, pid, uid, auditType, senderUnit } = entry;
  if (transport === '') return spokenByIdentifier(identifier, message, initrd);
  if (transport === 'kernel') {
    if (facility === KERNEL_FACILITY) return one('kernel', message);
    if (initrd && INITRAMFS_PROGRAM.test(identifier)) return one('initramfs', message);
    return one(!processOneSpoke && identifier === 'systemd' ? 'systemd' : 'other', message);
  }
  if (transport === 'audit') return one(isKernelAudit(auditType) ? 'kernel' : 'other', message);
  if (transport === 'driver') return one('journald', message);
  if (pid === 1 && uid === 0) return one('systemd', message);
  if (senderUnit === 'systemd-journald.service') return one('journald', message);
  if (senderUnit.startsWith('systemd-coredump@')) return one('coredump', message);
  if (/^systemd-fsck(-root)?(@.*)?\.service$/.test(senderUnit)) return one('fsck', message);
  if (initrd && /^(dracut|initrd)-/.test(senderUnit)) return one('initramfs', message);
  return one('other', message);
}

function spokenByIdentifier(identifier: string, message: string, initrd: boolean): Said {
  if (identifier === 'kernel' || identifier === 'audit') return one('kernel', message);
  if (identifier === 'systemd' || identifier === 'systemd-shutdown') return one('systemd', message);
  if (identifier === 'systemd-journald') return one('journald', message);
  if (identifier === 'systemd-coredump') return one('coredump', message);
  if (identifier === 'systemd-fsck') return one('fsck', message);
  if (initrd && INITRAMFS_PROGRAM.test(identifier)) return one('initramfs', message);
  return one('other', message);
}
