import type { Progress } from '@phyllome/host';
import { LORAX } from './words.ts';

/** How far livemedia-creator has come, in order (lorax, `src/sbin/livemedia-creator`, `src/pylorax/creator.py`). */
export const LORAX_PHASES = ['start', 'install', 'squashfs', 'initramfs', 'iso'] as const;
export type LoraxPhase = (typeof LORAX_PHASES)[number];

/** Lines of lorax that begin a phase. They are English in every locale. */
const LORAX_MILESTONES: readonly (readonly [RegExp, LoraxPhase])[] = [
  [/^Running anaconda\.$/u, 'install'],
  // The rehearsal's own, of an installer medium: nothing is installed on a disk yet.
  [/^Installing the packages of the medium\.$/u, 'install'],
  [/^Creating (?:a \S+ only|.*) runtime$/u, 'squashfs'],
  [/^Rebuilding initrds$/u, 'initramfs'],
  [/^rebuilding boot\/initramfs-/u, 'initramfs'],
  [/^Building boot\.iso$/u, 'iso'],
  [/^running \S+\.tmpl$/u, 'iso'],
];

/** The phase that a message of lorax begins. */
export function loraxPhaseOf(message: string): LoraxPhase | undefined {
  return LORAX_MILESTONES.find(([pattern]) => pattern.test(message))?.[1];
}

/** lorax is done: what comes after it is about what it leaves. */
export const loraxIsDone = (message: string): boolean => message === LORAX.summary;

/** How far an installation in a machine of its own has come, in order. */
export const INSTALL_PHASES = [
  'firmware',
  'kernel',
  'installer',
  'storage',
  'packages',
  'bootloader',
  'configuration',
  'scripts',
  'installed',
  'powered-off',
] as const;
export type InstallPhase = (typeof INSTALL_PHASES)[number];

interface Milestone {
  phase: InstallPhase;
  pattern: RegExp;
}

/**
 * Lines that show a phase has begun: of the kernel, and the progress messages of anaconda (`anaconda.py`,
 * `modules/boss/installation.py`, `modules/payloads/payload/dnf/`). They are English where the kickstart's `lang` is,
 * as in every edition; where it is not, the phases pass unnamed and only the end is seen.
 */
const INSTALL_MILESTONES: readonly Milestone[] = [
  { phase: 'kernel', pattern: /\bLinux version \d|EFI stub: / },
  { phase: 'installer', pattern: /Starting installer, one moment|anaconda \d[\w.-]* for .+ started\./ },
  { phase: 'storage', pattern: /\bConfiguring storage\b|\bCreating disklabel on |\bCreating \w+ on \/dev\// },
  {
    phase: 'packages',
    pattern: /\bInstalling the software\b|\bDownloading packages\b|\bDownloading \d+ RPMs\b|\bPreparing transaction\b/,
  },
  { phase: 'bootloader', pattern: /\bInstalling boot loader\b/ },
  { phase: 'configuration', pattern: /\bConfiguring installed system\b|\bGenerating initramfs\b/ },
  { phase: 'scripts', pattern: /\bRunning post-installation scripts\b/ },
];

/** The furthest phase of an installation that the line shows. */
export function installPhaseOf(line: string): InstallPhase | undefined {
  return INSTALL_MILESTONES.findLast(({ pattern }) => pattern.test(line))?.phase;
}

/** How far a phase is, as the installer reports it: `(120/1741)`, or `(37%)`. */
export interface InstallProgress extends Progress {
  total: number;
}

/** Reads numbers, not words: those follow the kickstart's `lang`. */
export function progressOf(line: string): InstallProgress | undefined {
  const match = /\((?<done>\d+)\/(?<total>\d+)\)|\((?<percent>\d{1,3})\s?%\)/u.exec(line)?.groups;
  if (!match) return undefined;
  const { done, total, percent } = match;
  if (percent !== undefined) return { done: Number(percent), total: 100, unit: 'percent' };
  return { done: Number(done), total: Number(total), unit: 'packages' };
}
