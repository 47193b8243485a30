import { editionArchitecture } from '@phyllome/host/architecture';
import type { FailureCause } from './causes.ts';
import type { Subject } from './subject.ts';
import { ANACONDA, LORAX } from './words.ts';

/**
 * The logs of an installation. `console` is what the program printed, and livemedia.log, which repeats it; `program` has
 * the output of lorax's own programs; the others are anaconda's own.
 */
export type LogKind =
  | 'console'
  | 'program'
  | 'anaconda'
  | 'packaging'
  | 'dnf'
  | 'dbus'
  | 'storage'
  | 'installer-program';

/** A line by which a failure shows, in the logs that may have it. */
export interface FailureSign {
  readonly id: string;
  readonly cause: FailureCause;
  readonly in: readonly LogKind[];
  /** Meets the message of a line, without stamp, level and logger. Nothing in it may backtrack far: logs are input. */
  readonly pattern: RegExp;
  readonly hint: string;
  readonly subject?: (groups: Readonly<Record<string, string | undefined>>) => Subject | undefined;
  /** An installer that prints it has given up, in a machine of its own as well: nothing good comes any more. */
  readonly fatal?: true;
  /** What it matches is the deciding line; else the whole line is: some stand in the midst of a longer one. */
  readonly excerpt?: true;
  /** A consequence that says little: only when nothing else was seen. */
  readonly vague?: true;
  /** Means nothing by itself: what installed well may have it, too. An exact message points to it. */
  readonly onlyAsReason?: true;
}

const PACKAGES: readonly LogKind[] = ['packaging', 'dnf', 'anaconda', 'dbus', 'console'];

const CORRECT_LINE = 'correct that line in its leaf: phyllome lint says more';
const MIRROR =
  "try again later; if it stays, check the address in that line of the leaf, and the network of the engine's machine";
const FREE_ENGINE = "free space on the engine's machine, e.g. docker system prune, and build again";

const packageOf = ({ package: name }: Readonly<Record<string, string | undefined>>): Subject | undefined =>
  name === undefined ? undefined : { kind: 'package', name };
const repositoryOf = ({ repository, address }: Readonly<Record<string, string | undefined>>): Subject => ({
  kind: 'repository',
  name: repository,
  address,
});
const lineNumberOf = ({ line }: Readonly<Record<string, string | undefined>>): Subject | undefined =>
  line === undefined ? undefined : { kind: 'line', number: Number(line) };

/**
 * Every failure that is known, the most specific first: of several that were seen, the first in this table is the cause.
 *
 * Wording as recorded from lorax 44.7, anaconda 44.35 and libdnf5 5.4; what no recording has is from lorax 43.12 and
 * anaconda 43.48's sources, and libdnf5's.
 */
export const FAILURES: readonly FailureSign[] = [
  // Before the installer runs: lorax and its options (`src/pylorax/creator.py`, `check_kickstart`).
  {
    id: 'dracut-live',
    cause: 'kickstart',
    in: ['console'],
    pattern: /^dracut-live package is missing from the kickstart\./u,
    hint: 'add dracut-live to %packages',
  },
  {
    id: 'display-mode',
    cause: 'kickstart',
    in: ['console'],
    pattern: /^The kickstart must not set a display mode/u,
    hint: 'remove text, cmdline and graphical from it',
  },
  {
    id: 'no-root',
    cause: 'kickstart',
    in: ['console'],
    pattern: /^No \/ partition in the kickstart\./u,
    hint: 'add part / with --size: lorax makes a disk image of that size, and cannot use autopart',
  },
  {
    id: 'method',
    cause: 'kickstart',
    in: ['console'],
    pattern: /^(?:The kickstart must|Only url, nfs and ostreesetup|The kickstart has no|repo can only be used with)/u,
    hint: 'a live medium needs url (or nfs, ostreesetup) and a network line',
  },
  {
    id: 'arguments',
    cause: 'arguments',
    in: ['console'],
    pattern: /^livemedia-creator: error: /u,
    hint: "the builder's livemedia-creator is of another version than this program expects",
  },
  {
    id: 'package-lock',
    cause: 'package-lock',
    in: ['console'],
    pattern: /^The packages are not the locked ones/u,
    hint: 'pnpm phyllome lock, then review and commit the lock files; or build without PHYLLOME_LOCK=exact',
  },
  // The rehearsal's own words, of what real installers leave to the machine.
  {
    id: 'package-files',
    cause: 'package-lock',
    in: ['console'],
    pattern: /^Installed files are not those of their packages/u,
    hint: 'a package or its maintainer scripts changed them: see the list, use another mirror, or build without PHYLLOME_LOCK=exact',
  },
  {
    id: 'not-confined',
    cause: 'privileges',
    in: ['console'],
    pattern: /^The (?:scripts|programs) of the kickstart cannot be confined/u,
    hint: 'the engine lets its containers make no name spaces or mounts: pnpm phyllome doctor says what it grants. Nothing of the kickstart was run',
  },
  {
    id: 'script-endless',
    cause: 'script',
    in: ['console'],
    pattern: /^The kickstart script at line (?<line>\d+) did not end/u,
    hint: 'correct that script in its leaf, or give it more time: PHYLLOME_SCRIPT_TIMEOUT, in seconds',
    subject: lineNumberOf,
  },
  {
    id: 'script-memory',
    cause: 'out-of-memory',
    in: ['console'],
    pattern: /^The kickstart script at line (?<line>\d+) ran out of memory/u,
    hint: "correct that script in its leaf, or give the engine's machine more memory",
    subject: lineNumberOf,
  },
  {
    id: 'script-processes',
    cause: 'script',
    in: ['console'],
    pattern: /^The kickstart script at line (?<line>\d+) wanted more processes/u,
    hint: 'correct that script in its leaf: let it start fewer processes at a time',
    subject: lineNumberOf,
  },
  {
    id: 'system-altered',
    cause: 'script',
    in: ['console'],
    pattern:
      /^(?:\/\S+ of the installed system is not a plain file|A script of the kickstart has put something else than|The installed system could not be completed)/u,
    hint: 'a script has removed or replaced a part of the new system that the medium is made of: look at the %post scripts',
  },

  // The installer does not start.
  {
    id: 'kickstart-not-found', // dracut/parse-anaconda-kickstart.sh
    cause: 'kickstart-missing',
    in: ['console'],
    fatal: true,
    pattern: /\bcan't find \S+\.(?:cfg|ks)!/u,
    hint: 'the initramfs of this source was not extended as the kernel expects: please report it with the logs',
  },
  {
    id: 'stage2-not-found', // dracut/anaconda-lib.sh, anaconda-error-reporting.sh
    cause: 'installer-missing',
    in: ['console'],
    fatal: true,
    pattern: /anaconda: failed to fetch stage2 from|Anaconda installer errors begin|has no suitable runtime/u,
    hint: "the machine cannot reach the installer's own system: check the network, or use an ISO as --source",
  },
  {
    id: 'kickstart-error', // pyanaconda/startup_utils.py
    cause: 'kickstart',
    in: ['console'],
    fatal: true,
    onlyAsReason: true,
    pattern: new RegExp(ANACONDA.kickstartError, 'u'),
    hint: CORRECT_LINE,
  },
  {
    id: 'script-error', // pyanaconda/errors.py: an installer with a user interface; dbus.log and anaconda.log
    cause: 'script',
    in: ['console', 'dbus', 'anaconda'],
    fatal: true,
    pattern: /There was an error running the kickstart script at line (?<number>\d+)/u,
    hint: 'correct that script in its leaf',
    subject: ({ number }) => ({ kind: 'script', section: undefined, number: Number(number) }),
  },

  // What decides about packages.
  {
    id: 'dependency',
    excerpt: true,
    cause: 'package-missing',
    in: PACKAGES,
    pattern: /nothing provides (?<needs>.+?) needed by (?<package>[\w.+:~^-]+)(?: from (?<repository>[\w.:-]+))?/u,
    hint: 'nothing in the repositories has what that package needs: leave it out, or add the repository that has it',
    subject: packageOf,
  },
  {
    id: 'package-conflict',
    excerpt: true,
    cause: 'package-conflict',
    in: PACKAGES,
    pattern:
      /(?:package (?<package>[\w.+:~^-]+)(?: from [\w.:-]+)? (?:conflicts with|obsoletes) .*? provided by [\w.+:~^-]+|cannot install both (?<one>[\w.+:~^-]+)(?: from [\w.:-]+)? and [\w.+:~^-]+)/u,
    hint: 'these two cannot be installed together: exclude one of them with -NAME in %packages',
    subject: ({ package: name, one }) => packageOf({ package: name ?? one }),
  },
  {
    id: 'unmet-requirement',
    excerpt: true,
    cause: 'package-missing',
    in: PACKAGES,
    pattern:
      /package (?<package>[\w.+:~^-]+)(?: from [\w.:-]+)? requires .+?, but none of the providers can be installed/u,
    hint: 'what that package needs is excluded, or in no repository: see the lines before it in the log',
    subject: packageOf,
  },
  {
    id: 'group-missing',
    cause: 'group-missing',
    in: PACKAGES,
    pattern:
      /(?:No match for (?:group|argument: @)|NoSuchGroup|(?:Module or )?[Gg]roups? \S+ (?:is|are) not available|Missing groups?:)\s*[:^]*\s*(?<group>[\w.+-]+)?/u,
    hint: 'correct the name of the group in %packages, or remove it: dnf group list --hidden lists them',
    subject: ({ group }) => (group === undefined ? undefined : { kind: 'group', name: group }),
  },
  {
    id: 'package-missing',
    excerpt: true,
    cause: 'package-missing',
    in: PACKAGES,
    pattern: /(?:No match for argument|NoSuchPackage|Missing packages?): ?(?<package>[^\s,'\]]*[^\s,'\].])/u,
    hint: 'correct the name of the package in %packages, or remove it: it may have another name in this release',
    subject: packageOf,
  },
  {
    id: 'needs-space',
    excerpt: true, // rpm's check of the transaction
    cause: 'space-root',
    in: PACKAGES,
    pattern: /installing package (?<package>\S+) needs \d+\s?[KMGT]i?B more space on the (?<mount>\/\S*) filesystem/iu,
    hint: 'give part / a larger --size in the leaf that has it',
    subject: ({ mount = '/' }) => ({ kind: 'partition', mount }),
  },
  {
    id: 'space-root',
    cause: 'space-root',
    in: PACKAGES,
    fatal: true,
    pattern:
      /insufficient disk space|Not enough (?:free |disk )?space|needs? \d+\s?[KMGT]i?B more space|more space needed on the/iu,
    hint: 'give part / a larger --size in the leaf that has it, and the machine a disk that holds it (--disk-size)',
    subject: () => ({ kind: 'partition', mount: '/' }),
  },
  {
    id: 'file-conflict', // rpm
    cause: 'package-conflict',
    in: PACKAGES,
    pattern: /file (?<path>\/\S+) (?:from install of|conflicts between attempted installs of) (?<package>[\w.+:~^-]+)/u,
    hint: 'both packages own that file: exclude one of them with -NAME in %packages, and report it to its packagers',
    subject: packageOf,
  },
  {
    id: 'scriptlet', // rpm
    excerpt: true,
    cause: 'scriptlet',
    in: PACKAGES,
    onlyAsReason: true,
    pattern: /%(?<scriptlet>\w+)\((?<package>[^\s)]+)\) scriptlet failed, (?:exit status \d+|signal \d+)/u,
    hint: 'a scriptlet of that package failed; the lines after it in anaconda/dnf.log have its output. Leave the package out, or report it to its packagers',
    subject: packageOf,
  },
  {
    id: 'scriptlet-fatal',
    cause: 'scriptlet',
    in: PACKAGES,
    fatal: true,
    pattern: /Error in (?:PREIN|POSTIN|PRETRANS|POSTTRANS|TRIGGERIN) scriptlet in rpm package (?<package>\S+)/u,
    hint: 'a scriptlet of that package failed: leave the package out, or report it to its packagers',
    subject: packageOf,
  },
  {
    id: 'package-download',
    cause: 'mirror',
    in: ['packaging', 'dnf', 'dbus', 'anaconda'],
    // One that was stopped because another one failed is not a reason.
    pattern: /Failed to download '(?<package>[^'\s]+-[^'\s-]+-[^'\s-]+\.\w+)': (?!Not finished)/u,
    hint: 'the repository names a package that it does not have: its mirror is out of step. Try again later, or use another mirror',
    subject: packageOf,
  },
  {
    id: 'repository-metadata',
    excerpt: true,
    cause: 'mirror',
    in: ['packaging', 'dnf', 'dbus', 'anaconda', 'console'],
    pattern:
      /Failed to download metadata \((?:baseurl|mirrorlist|metalink): "(?<address>[^"]*)"\) for repository "(?<repository>[^"]*)"(?:: .+)?/u,
    hint: MIRROR,
    subject: repositoryOf,
  },
  {
    id: 'repository-metadata-dnf4',
    cause: 'mirror',
    in: ['packaging', 'dnf', 'dbus', 'anaconda', 'console'],
    pattern: /Failed to download metadata for repo(?:sitory)? ['"](?<repository>[^'"]+)['"]/u,
    hint: MIRROR,
    subject: repositoryOf,
  },
  {
    id: 'signature', // libdnf5
    cause: 'packages',
    in: ['packaging', 'dnf', 'dbus', 'anaconda', 'console'],
    pattern:
      /(?:GPG check FAILED|signature (?:verification failed|is not valid)|key import failed|Public key for \S+ is not (?:installed|trusted))/iu,
    hint: 'a package is not signed by a key that the repository names: check the repository, and its gpgkey',
  },
  {
    id: 'mirror',
    cause: 'mirror',
    in: PACKAGES,
    onlyAsReason: true,
    pattern:
      /(?:Cannot download|Curl error|Could not resolve host|Could not connect to server|Cannot prepare internal mirrorlist|No URLs in mirrorlist|All mirrors were tried|Usable URL not found)/u,
    hint: MIRROR,
    subject: (groups) => repositoryOf(groups),
  },
  {
    id: 'payload-setup', // pyanaconda/errors.py, ui/tui/spokes/installation_source.py
    cause: 'mirror',
    in: ['console'],
    fatal: true,
    pattern:
      /(?:error occurred while setting up the payload|Error setting up (?:the )?(?:base|software|installation) (?:source|repository)|base repo (?!\(CDROM\/file).* not valid)/u,
    hint: MIRROR,
  },
  {
    id: 'rpm-failed', // libdnf5
    cause: 'packages',
    in: ['packaging', 'dnf'],
    onlyAsReason: true,
    pattern:
      /(?:The transaction finished with \d+ \((?!Ok|Success)|RPM callback critical error|Error unpacking rpm package|^\[rpm\] (?!Unable to reset nice|private mounts)\S.*(?:error|failed))/iu,
    hint: 'see the lines before it in anaconda/dnf.log',
  },
  {
    id: 'payload-install', // pyanaconda/errors.py
    cause: 'packages',
    in: ['console'],
    fatal: true,
    pattern: /(?:error occurred while installing the payload|error populating transaction after)/u,
    hint: 'a package may have vanished or its mirror be broken: see anaconda/packaging.log and anaconda/dnf.log',
  },

  // Everything else that anaconda does.
  {
    id: 'unit-missing', // pyanaconda/modules/services/installation.py
    cause: 'unit-missing',
    in: ['console', 'anaconda', 'dbus'],
    pattern: /Error (?<action>enabling|disabling) (?:the )?service (?<unit>[^\s:]+)/u,
    hint: 'no installed package has that unit: correct its name in services, or add the package that has it',
    subject: ({ unit }) => (unit === undefined ? undefined : { kind: 'unit', name: unit }),
  },
  {
    id: 'kickstart-line', // pykickstart
    cause: 'kickstart',
    in: ['console', 'anaconda', 'dbus'],
    onlyAsReason: true,
    pattern: /The following problem occurred on line (?<line>\d+) of the kickstart file:/u,
    hint: CORRECT_LINE,
    subject: lineNumberOf,
  },
  {
    id: 'kickstart-unclosed',
    cause: 'kickstart',
    in: ['console'],
    pattern: /^(?:Unknown command|Section \S+ does not end)/u,
    hint: CORRECT_LINE,
  },
  {
    id: 'storage-error', // pyanaconda/errors.py, the storage check
    cause: 'storage',
    in: ['console'],
    fatal: true,
    pattern:
      /(?:error occurred while activating your storage configuration|problem with your existing storage configuration|[Ss]torage configuration failed|Error checking storage configuration)/u,
    hint: 'correct the storage commands of the leaf, or choose another disk',
  },
  {
    id: 'bootloader-error', // pyanaconda/errors.py
    cause: 'bootloader',
    in: ['console'],
    fatal: true,
    pattern: /error occurred while installing the boot loader/u,
    hint: 'see anaconda/storage.log and anaconda/program.log',
  },
  {
    id: 'hardware', // pyanaconda/exception.py
    cause: 'hardware',
    in: ['console'],
    fatal: true,
    pattern: /stopped due to what seems to be a problem with your hardware/u,
    hint: 'check the free space of the disk that holds the image',
  },
  {
    id: 'waits-for-answers', // pyanaconda/ui/tui: the summary, with something left open
    cause: 'kickstart',
    in: ['console'],
    fatal: true,
    pattern: /(?:\['b' to begin installation|Please make a selection from the above|Please respond 'yes' or 'no')/u,
    hint: 'the kickstart leaves a question open, marked with [!] in the console log: answer it in a leaf',
  },
  {
    id: 'installer-stopped', // pyanaconda/exception.py
    cause: 'installer-stopped',
    in: ['console'],
    fatal: true,
    onlyAsReason: true,
    pattern:
      /The installation was stopped due to an error|no interactive debugging allowed|The exact error message is:/u,
    hint: 'see what follows it on the console, and the logs of the installer',
  },
  {
    id: 'crash', // pyanaconda/exception.py (with its spelling), tmux, lorax's monitor
    cause: 'installer-crashed',
    in: ['console'],
    fatal: true,
    pattern:
      /(?:An unknown error has occur+ed|\bPane is dead\b|anaconda\S* (?:of user \d+ )?(?:dumped core|crashed on signal)|Process \d+ \(anaconda\) of user \d+ dumped core|traceback script\(s\) have been run)/u,
    hint: 'see the installer log; the installer itself is at fault, or a script that it ran',
  },

  // The machine, the engine, and lorax's own programs.
  {
    id: 'out-of-memory',
    cause: 'out-of-memory',
    in: ['console', 'program'],
    pattern: /(?:Out of memory:|MemoryError|Cannot allocate memory|oom-kill)/u,
    hint: "give the engine's machine more memory: 8 GB do",
  },
  {
    id: 'space-unnoticed',
    cause: 'space-engine',
    in: ['console'],
    // A full disk under the image is not noticed while the system is installed into it, and its files are damaged.
    pattern: /Exec format error: 'dracut'/u,
    hint: "the installed system is damaged, mostly because the disk of the engine's machine was full: free space there",
  },
  {
    id: 'space-tmp',
    cause: 'space-tmp',
    in: ['program'],
    pattern: /Failed to write to output filesystem/u,
    hint: "free space on the engine's machine: the compressed system did not fit into the container's file system",
  },
  {
    id: 'space-engine',
    cause: 'space-engine',
    in: ['console', 'program', 'dnf', 'packaging'],
    pattern: /(?:No space left on device|\[Errno 28\])/u,
    hint: FREE_ENGINE,
  },
  {
    id: 'vfat-mount',
    cause: 'vfat',
    in: ['console'],
    // The option is FAT's: lorax mounts the boot loader's image (`mkdosimg`), and says nothing of the reason.
    pattern: /'mount', '-o', 'shortname=[^\]]*\]' returned non-zero exit status 32/u,
    hint: "modprobe vfat on the engine's machine; phyllome doctor checks it",
  },
  {
    id: 'shim',
    cause: 'template',
    in: ['console'],
    pattern: /nothing matching \S*(?:shim|mm)\w+\.efi/u,
    hint: 'add shim to %packages',
  },
  {
    id: 'cdboot',
    cause: 'template',
    in: ['console', 'program'],
    // lorax 44 does not look for the file; xorriso misses the folder that it would have made.
    pattern: /(?:nothing matching \S*gcd\w+\.efi|^xorriso.*(?:EFI\/BOOT|efiboot))/u,
    hint: `add grub2-efi-${editionArchitecture.efi}-cdboot to %packages`,
  },
  {
    id: 'grub-modules',
    cause: 'template',
    in: ['console'],
    pattern: /^grub2-mkimage: error: cannot open .*\/usr\/lib\/grub\/i386-pc/u,
    hint: 'add grub2-pc-modules to %packages',
  },
  {
    id: 'no-kernel',
    cause: 'package-missing',
    in: ['console'],
    pattern: /^(?:No kernels found, cannot rebuild_initrds|no kernel in the installed system)/u,
    hint: 'add kernel to %packages',
  },
  {
    id: 'loop-control',
    cause: 'privileges',
    in: ['program', 'console'],
    pattern: /^losetup: .*(?:cannot find an unused loop device|Permission denied|Operation not permitted)/u,
    hint: 'the container may not open /dev/loop-control, or the loop device that it was given: phyllome doctor tries it, and packages/iso-builder/README.md says what the builder needs',
  },
  {
    id: 'mount-forbidden',
    cause: 'privileges',
    in: ['program'],
    pattern: /^mount: .*(?:permission denied|must be superuser|Operation not permitted)/iu,
    hint: 'the engine did not let the container mount: packages/iso-builder/README.md says what it needs',
  },
  {
    id: 'loop',
    cause: 'loop',
    in: ['program'],
    pattern: /^losetup: .*(?:failed|cannot find|No such)/u,
    hint: "modprobe loop on the engine's machine; phyllome doctor checks it",
  },
  {
    id: 'vfat',
    cause: 'vfat',
    in: ['program'],
    pattern: /unknown filesystem type ['‘]?vfat/u,
    hint: "modprobe vfat on the engine's machine; phyllome doctor checks it",
  },
  {
    id: 'dracut',
    cause: 'dracut',
    in: ['program'],
    pattern: /dracut(?:\[[FE]\]|: (?:FATAL|FAILED|\S+ failed|Cannot|installkernel failed))/u,
    hint: 'a package that dracut needs may be missing from %packages: dracut-live, kernel, dracut-config-generic',
  },

  // Consequences: Python's words for a program that failed are `Command '['losetup', …]' returned non-zero exit status 1.`
  {
    id: 'losetup-failed',
    cause: 'loop',
    in: ['console'],
    vague: true,
    pattern: /'losetup', .* returned non-zero exit status/u,
    hint: "modprobe loop on the engine's machine; phyllome doctor checks it",
  },
  {
    id: 'mkefiboot-failed',
    cause: 'vfat',
    in: ['console'],
    vague: true,
    pattern: /'mkefiboot', .* returned non-zero exit status/u,
    hint: "the kernel of the engine's machine may lack vfat; phyllome doctor checks it",
  },
  {
    id: 'mount-failed',
    cause: 'privileges',
    in: ['console'],
    vague: true,
    pattern: /'mount', .* returned non-zero exit status 32/u,
    hint: 'look at the end of program.log for the reason that mount gives',
  },
  {
    id: 'dracut-failed',
    cause: 'dracut',
    in: ['console'],
    vague: true,
    pattern: /(?:'dracut', .* returned non-zero exit status|No such file or directory: 'dracut')/u,
    hint: 'dracut failed in the installed system, or is not there; see the end of program.log',
  },
  {
    id: 'mksquashfs-killed',
    cause: 'out-of-memory',
    in: ['console'],
    vague: true,
    pattern: /^make_runtime failed with rc = -9/u,
    hint: "mksquashfs was killed, mostly for want of memory: give the engine's machine more, 8 GB do",
  },
  {
    id: 'make-runtime',
    cause: 'space-tmp',
    in: ['console'],
    vague: true,
    pattern: /^make_runtime failed with rc = \d+/u,
    hint: 'look at the end of program.log; the usual cause is a full disk under the engine',
  },
  {
    id: 'template',
    cause: 'template',
    in: ['console'],
    vague: true,
    pattern: /^template command error in /u,
    hint: 'the lines after it name the command; a boot loader package may be missing from %packages',
  },
];

/** What an exact message of anaconda means, and which signs in its logs say why. */
export interface Verdict {
  readonly id: string;
  readonly pattern: RegExp;
  /** What failed, for a headline. */
  readonly what: string;
  /** When none of the reasons was seen. */
  readonly cause: FailureCause;
  readonly hint: string;
  /** Ids of {@link FAILURES}, the most specific first. */
  readonly reasons: readonly string[];
}

/** Every exact message says what failed; only few say why. The first that matches the whole message counts. */
export const VERDICTS: readonly Verdict[] = [
  {
    id: 'open-source',
    pattern: new RegExp(`${ANACONDA.openSpokes}[^]*^Installation source`, 'mu'),
    what: 'the installation source cannot be used',
    cause: 'mirror',
    hint: MIRROR,
    reasons: ['repository-metadata', 'repository-metadata-dnf4', 'signature', 'mirror'],
  },
  {
    id: 'open-software',
    pattern: new RegExp(`${ANACONDA.openSpokes}[^]*^Software selection`, 'mu'),
    what: 'the packages cannot be chosen',
    cause: 'packages',
    hint: 'see anaconda/packaging.log and anaconda/dnf.log',
    reasons: [
      'dependency',
      'package-conflict',
      'unmet-requirement',
      'group-missing',
      'package-missing',
      'repository-metadata',
    ],
  },
  {
    id: 'open-question',
    pattern: new RegExp(ANACONDA.openSpokes, 'u'),
    what: 'the kickstart leaves a question open',
    cause: 'kickstart',
    hint: 'it is marked with [!] in the console log: answer it in a leaf',
    reasons: ['kickstart-line'],
  },
  {
    id: 'not-found',
    pattern: /No match for |NoSuchPackage|NoSuchGroup|Missing (?:package|group)s?:/u,
    what: 'not in any repository',
    cause: 'package-missing',
    hint: 'correct the name of the package in %packages, or remove it: it may have another name in this release',
    reasons: ['group-missing', 'package-missing'],
  },
  {
    id: 'unresolved',
    pattern: /Problem(?: \d+)?: |nothing provides |conflicting requests|Failed to resolve the transaction/u,
    what: 'the packages cannot be installed together',
    cause: 'packages',
    hint: 'see anaconda/packaging.log and anaconda/dnf.log',
    reasons: ['dependency', 'package-conflict', 'unmet-requirement', 'group-missing', 'package-missing'],
  },
  {
    id: 'download',
    pattern: /Failed to download|Cannot download|download.*fail/iu,
    what: 'packages cannot be downloaded',
    cause: 'mirror',
    hint: MIRROR,
    reasons: [
      'repository-metadata',
      'repository-metadata-dnf4',
      'package-download',
      'space-engine',
      'signature',
      'mirror',
    ],
  },
  {
    id: 'transaction',
    pattern: /occurred during the transaction|transaction process has ended|while installing the payload/u,
    what: 'the packages cannot be installed',
    cause: 'packages',
    hint: 'see the end of anaconda/packaging.log, and the warnings in anaconda/dnf.log',
    reasons: [
      'needs-space',
      'file-conflict',
      'space-root',
      'scriptlet',
      'scriptlet-fatal',
      'signature',
      'space-engine',
      'rpm-failed',
    ],
  },
];

/** Lines of lorax that follow from a failure and do not explain it. */
export const CONSEQUENCES: readonly string[] = [
  LORAX.removingImage,
  LORAX.installFailed,
  LORAX.imageFailed,
  `ERROR: ${LORAX.imageFailed}`,
  LORAX.logsEnd,
];

/** What ends an installation when it comes on the console, be it the installer or what runs before it. */
export function detectFailure(line: string): FailureSign | undefined {
  return line.includes('IGNORED') ? undefined : FAILURES.find(({ fatal, pattern }) => fatal && pattern.test(line));
}
