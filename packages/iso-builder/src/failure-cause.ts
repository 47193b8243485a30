/** Why livemedia-creator failed, as far as its logs tell. Stable: scripts match on these. */
export type FailureCause =
  | 'kickstart'
  | 'script'
  | 'package-missing'
  | 'package-lock'
  | 'group-missing'
  | 'mirror'
  | 'space-root'
  | 'space-tmp'
  | 'space-engine'
  | 'loop'
  | 'vfat'
  | 'privileges'
  | 'dracut'
  | 'template'
  | 'out-of-memory'
  | 'killed'
  | 'timeout'
  | 'arguments'
  | 'unknown';

/** How a cause shows. The patterns meet single lines, the time stamp taken off. */
interface Sign {
  readonly cause: FailureCause;
  readonly pattern: RegExp;
  readonly hint: string;
}

/**
 * Signs in the console and in the words of the installer, the most telling first: the first that any line meets wins.
 * Wording: anaconda 43 (`pyanaconda/errors.py`, `modules/payloads/payload/dnf/`), libdnf5, librepo, lorax 43.
 */
const consoleSigns: readonly Sign[] = [
  {
    cause: 'timeout',
    pattern: /^Canceling installation due to timeout/u,
    hint: 'allow the installer more minutes, or see in logs/console.log where it spends them',
  },
  {
    cause: 'vfat',
    // The option is FAT's: lorax mounts the boot loader's image (`mkdosimg`), and says nothing of the reason.
    pattern: /'mount', '-o', 'shortname=[^\]]*\]' returned non-zero exit status 32/u,
    hint: "modprobe vfat on the engine's machine; phyllome doctor checks it",
  },
  {
    cause: 'template',
    pattern: /nothing matching \S*(?:shim|mm)x64\.efi/u,
    hint: 'add shim to %packages',
  },
  {
    cause: 'template',
    pattern: /nothing matching \S*gcdx64\.efi/u,
    hint: 'add grub2-efi-x64-cdboot to %packages',
  },
  {
    cause: 'template',
    pattern: /^grub2-mkimage: error: cannot open .*\/usr\/lib\/grub\/i386-pc/u,
    hint: 'add grub2-pc-modules to %packages',
  },
  {
    cause: 'package-lock',
    pattern: /^The packages are not the locked ones/u,
    hint: 'pnpm phyllome lock, then review and commit the lock files; or build without PHYLLOME_LOCK=exact',
  },
  {
    cause: 'package-missing',
    pattern: /^No kernels found, cannot rebuild_initrds/u,
    hint: 'add kernel to %packages',
  },
  {
    cause: 'space-engine',
    // A full disk under the image is not noticed while the system is installed into it, and its files are damaged.
    pattern: /Exec format error: 'dracut'/u,
    hint: "the installed system is damaged, mostly because the disk of the engine's machine was full: free space there",
  },
  {
    cause: 'out-of-memory',
    pattern: /Out of memory:|MemoryError|Cannot allocate memory|oom-kill/u,
    hint: "give the engine's machine more memory: 8 GB do",
  },
  {
    cause: 'space-root',
    pattern:
      /insufficient disk space|Not enough (?:disk )?space|needs? \d+\s?[KMG]i?B more space|more space needed on the/iu,
    hint: 'give part / a larger --size in the leaf that has it',
  },
  {
    cause: 'space-engine',
    pattern: /No space left on device|\[Errno 28\]/u,
    hint: "free space on the engine's machine, e.g. docker system prune, and build again",
  },
  {
    cause: 'group-missing',
    pattern: /No match for group|NoSuchGroup|(?:Module or )?[Gg]roups? \S+ (?:is|are) not available|Missing groups?:/u,
    hint: 'correct the name of the group in %packages, or remove it: dnf group list --hidden knows them',
  },
  {
    cause: 'package-missing',
    pattern: /No match for argument|NoSuchPackage|nothing provides |Missing packages?:/u,
    hint: 'correct the name of the package in %packages, or remove it: it may have another name in this release',
  },
  {
    cause: 'mirror',
    pattern:
      /Failed to download|Cannot download|Curl error|Could not resolve host|Cannot prepare internal mirrorlist|No URLs in mirrorlist|All mirrors were tried|Error setting up (?:the )?(?:base|software|installation) (?:source|repositor)|base repo .* not valid/u,
    hint: "try again later; if it stays, check the engine's network and the url and repo lines of the leaf",
  },
  {
    cause: 'script',
    pattern: /running the kickstart script at line \d+|traceback script\(s\) have been run/u,
    hint: 'correct that script in its leaf; logs/anaconda/ has what it printed',
  },
  {
    cause: 'kickstart',
    pattern: /The following problem occurred on line \d+|^(?:Unknown command|Section \S+ does not end)/u,
    hint: 'correct that line in its leaf: phyllome lint says more',
  },
];

/** Signs in program.log, which has the output of lorax's own programs. */
const programSigns: readonly Sign[] = [
  {
    cause: 'space-tmp',
    pattern: /Failed to write to output filesystem/u,
    hint: "free space on the engine's machine: the compressed system did not fit into the container's file system",
  },
  {
    cause: 'space-engine',
    pattern: /No space left on device/u,
    hint: "free space on the engine's machine, e.g. docker system prune, and build again",
  },
  {
    cause: 'privileges',
    pattern: /losetup: .*(?:Permission denied|Operation not permitted)/u,
    hint: 'the engine did not let the container have loop devices: packages/iso-builder/README.md says what it needs',
  },
  {
    cause: 'privileges',
    pattern: /^mount: .*(?:permission denied|must be superuser|Operation not permitted)/iu,
    hint: 'the engine did not let the container mount: packages/iso-builder/README.md says what it needs',
  },
  {
    cause: 'loop',
    pattern: /losetup: .*(?:failed|cannot find|No such)/u,
    hint: "modprobe loop on the engine's machine; phyllome doctor checks it",
  },
  {
    cause: 'vfat',
    pattern: /unknown filesystem type ['‘]?vfat/u,
    hint: "modprobe vfat on the engine's machine; phyllome doctor checks it",
  },
  {
    cause: 'dracut',
    pattern: /dracut(?:\[[FE]\]|: (?:FATAL|FAILED|\S+ failed|Cannot|installkernel failed))/u,
    hint: 'a package that dracut needs may be missing from %packages: dracut-live, kernel, dracut-config-generic',
  },
];

/**
 * The same of consequences in the console that say less: only when nothing else did. Python's words for a program that
 * failed are `Command '['losetup', '--find', …]' returned non-zero exit status 1.`
 */
const vagueSigns: readonly Sign[] = [
  {
    cause: 'loop',
    pattern: /'losetup', .* returned non-zero exit status/u,
    hint: "modprobe loop on the engine's machine; phyllome doctor checks it",
  },
  {
    cause: 'vfat',
    pattern: /'mkefiboot', .* returned non-zero exit status/u,
    hint: "the kernel of the engine's machine may lack vfat; phyllome doctor checks it",
  },
  {
    cause: 'privileges',
    pattern: /'mount', .* returned non-zero exit status 32/u,
    hint: 'look at the end of logs/program.log for the reason that mount gives',
  },
  {
    cause: 'dracut',
    pattern: /'dracut', .* returned non-zero exit status|No such file or directory: 'dracut'/u,
    hint: 'dracut failed in the installed system, or is not there; see the end of logs/program.log',
  },
  {
    cause: 'out-of-memory',
    pattern: /^make_runtime failed with rc = -9/u,
    hint: "mksquashfs was killed, mostly for want of memory: give the engine's machine more, 8 GB do",
  },
  {
    cause: 'space-tmp',
    pattern: /^make_runtime failed with rc = \d+/u,
    hint: 'look at the end of logs/program.log; the usual cause is a full disk under the engine',
  },
  {
    cause: 'template',
    pattern: /^template command error in /u,
    hint: 'the lines after it name the command; a boot loader package may be missing from %packages',
  },
];

/** `2026-11-23 14:02:11,123 INFO: ` of program.log. */
const programStamp = /^\d{4}-\d{2}-\d{2} [\d:,]+ [A-Z]+: ?/u;

/** A cause, the line it was seen in, and what to do. */
export interface FoundCause {
  cause: FailureCause;
  line: string;
  hint: string;
  /** Line of the flat kickstart, from 1, that the line speaks of. */
  kickstartLine: number | undefined;
}

/** Finds the cause in the lines of the console, the installer's own words and the end of program.log. Pure. */
export const findCause = (logs: {
  installerErrors: readonly string[];
  console: readonly string[];
  program: readonly string[];
}): FoundCause | undefined => {
  const installer = logs.installerErrors.flatMap((text) => text.split('\n'));
  const program = logs.program.map((line) => line.replace(programStamp, ''));
  return (
    firstSign(consoleSigns, installer) ??
    firstSign(consoleSigns, logs.console) ??
    firstSign(programSigns, program) ??
    firstSign(vagueSigns, logs.console)
  );
};

const firstSign = (signs: readonly Sign[], lines: readonly string[]): FoundCause | undefined => {
  for (const { cause, pattern, hint } of signs) {
    const index = lines.findIndex((text) => pattern.test(text));
    const line = lines[index];
    if (line === undefined) continue;
    // What is announced stands in the next line.
    const next = line.trimEnd().endsWith(':') ? (lines[index + 1] ?? '') : '';
    return { cause, line: `${line.trim()} ${next.trim()}`.trim(), hint, kickstartLine: lineNumberIn(line) };
  }
  return undefined;
};

/** The installer, lorax and pykickstart all say `line N`. */
const lineNumberIn = (text: string): number | undefined => {
  const number = /\bline (\d+)\b/u.exec(text)?.[1];
  return number === undefined ? undefined : Number(number);
};
