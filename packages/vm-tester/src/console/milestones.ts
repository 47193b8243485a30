import type { Phase } from '../verdict/verdict.ts';
import type { LineSource } from './detectors/index.ts';

interface Milestone {
  phase: Phase;
  source: LineSource;
  pattern: RegExp;
}

/** What getty(8) prints; a line of the kernel's may come right after it. */
export const LOGIN_PROMPT = /\S login: ?($|\[)/;

/** A login once somebody has answered it, or getty itself. */
const ANSWERED_LOGIN = /^\S+ login: [\w.@-]+( \(automatic login\))?$/;

/** What only a system that is up shows: people logged in, the prompt of a user's shell, a message to all of them. */
const PEOPLE =
  /^Last login: [A-Z]|^(\[[\w.-]+@[\w.-]+ [^\]]+\]|[\w.-]+@[\w.-]+:\S*)[#$] |^Broadcast message from \S+@|^Message from syslogd@/;

/** Whether people use the system: from then on, the console shows what they like. */
export const showsPeople = (line: string): boolean => ANSWERED_LOGIN.test(line) || PEOPLE.test(line);

/**
 * Lines that show a phase has begun. Only these, systemd's ended jobs and the guest's own answer count as
 * progress: bytes do not, since a hung guest still prints a stray line now and then.
 */
const MILESTONES: readonly Milestone[] = [
  { phase: 'bootloader', source: 'debugcon', pattern: /^Booting from ([0-9a-f]{4}:7c00|[CD]VD)/i },
  // Not OVMF's own shell, which it starts when there is nothing else.
  {
    phase: 'bootloader',
    source: 'serial',
    pattern: /BdsDxe: starting Boot(?!.*Internal Shell)|GNU GRUB|Welcome to GRUB|ISOLINUX \d/,
  },
  { phase: 'kernel', source: 'serial', pattern: /\bLinux version \d|EFI stub: |^\[ {4}0\.0+\]/ },
  {
    phase: 'initrd',
    source: 'serial',
    pattern: /Run \/init as init process|systemd\[1\]: Running in initrd|\(Initramfs\)|dracut-cmdline/,
  },
  {
    phase: 'switch-root',
    source: 'serial',
    pattern:
      /systemd\[1\]: Switching root|(Reached target|Starting) (initrd-switch-root\.(target|service)|Switch Root)|Run \/(?!init )\S+ as init process/,
  },
  { phase: 'userspace', source: 'serial', pattern: LOGIN_PROMPT },
  { phase: 'userspace', source: 'serial', pattern: ANSWERED_LOGIN },
];

/** The furthest phase the line shows. */
export function milestone(source: LineSource, line: string): Phase | undefined {
  return MILESTONES.findLast((entry) => entry.source === source && entry.pattern.test(line))?.phase;
}
