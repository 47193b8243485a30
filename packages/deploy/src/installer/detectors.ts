/** Why an installation cannot succeed. */
export type InstallCause =
  | 'kickstart-missing'
  | 'kickstart-invalid'
  | 'kickstart-incomplete'
  | 'installer-missing'
  | 'source-unusable'
  | 'storage-failed'
  | 'disk-full'
  | 'packages-failed'
  | 'bootloader-failed'
  | 'script-failed'
  | 'installer-stopped'
  | 'installer-crashed'
  | 'hardware'
  | 'kernel'
  | 'ended-early'
  | 'stalled';

/** A line by which the installer, or what runs before it, says that it has given up. */
export interface InstallDetector {
  id: string;
  pattern: RegExp;
  cause: InstallCause;
  hint: string;
}

const mendKickstart = 'mend the leaf, flatten it, and deploy again';

/**
 * Anaconda's fatal errors, with the file that prints them; the first that matches a line counts. Anaconda in text mode
 * then waits for somebody to press a key, for ever: so each of them ends the installation. Not here on purpose:
 * `Traceback` alone, which the logs also hold for errors that are handled.
 */
export const INSTALL_DETECTORS: readonly InstallDetector[] = [
  {
    id: 'kickstart-not-found', // dracut/parse-anaconda-kickstart.sh
    pattern: /\bcan't find \S+\.(?:cfg|ks)!/,
    cause: 'kickstart-missing',
    hint: 'the initramfs of this source was not extended as the kernel expects: please report it with the logs',
  },
  {
    id: 'stage2-not-found', // dracut/anaconda-lib.sh, anaconda-error-reporting.sh
    pattern: /anaconda: failed to fetch stage2 from|Anaconda installer errors begin|has no suitable runtime/,
    cause: 'installer-missing',
    hint: "the machine cannot reach the installer's own system: check the network, or use an ISO as --source",
  },
  {
    id: 'kickstart-error', // pyanaconda/kickstart.py
    pattern: /An error occurred during reading the kickstart file:/,
    cause: 'kickstart-invalid',
    hint: mendKickstart,
  },
  {
    id: 'script-error', // pyanaconda/errors.py
    pattern: /There was an error running the kickstart script at line \d+/,
    cause: 'script-failed',
    hint: mendKickstart,
  },
  {
    id: 'storage-full', // blivet, pyanaconda/modules/storage
    pattern: /not enough free space|insufficient disk space|Not enough disk space to download the packages/i,
    cause: 'disk-full',
    hint: 'ask for a larger disk: --disk-size',
  },
  {
    id: 'payload-setup', // pyanaconda/errors.py, ui/tui/spokes/installation_source.py
    pattern: /error occurred while setting up the payload|Error setting up (?:software source|base repository)/,
    cause: 'source-unusable',
    hint: "the machine cannot use the kickstart's repositories: check the network and the url and repo lines",
  },
  {
    id: 'payload-install', // pyanaconda/errors.py
    pattern: /error occurred while installing the payload/,
    cause: 'packages-failed',
    hint: 'a package may have vanished or its mirror be broken: see the installer log',
  },
  {
    id: 'storage-error', // pyanaconda/errors.py, kickstart's storage check
    pattern:
      /error occurred while activating your storage configuration|problem with your existing storage configuration|[Ss]torage configuration failed|Error checking storage configuration/,
    cause: 'storage-failed',
    hint: mendKickstart,
  },
  {
    id: 'bootloader-error', // pyanaconda/errors.py
    pattern: /error occurred while installing the boot loader/,
    cause: 'bootloader-failed',
    hint: 'see the installer log',
  },
  {
    id: 'hardware', // pyanaconda/exception.py
    pattern: /stopped due to what seems to be a problem with your hardware/,
    cause: 'hardware',
    hint: 'check the free space of the disk that the image lies on',
  },
  {
    id: 'cmdline-error', // pyanaconda/exception.py
    pattern:
      /The installation was stopped due to an error|no interactive debugging allowed|The exact error message is:/,
    cause: 'installer-stopped',
    hint: mendKickstart,
  },
  {
    id: 'crash', // pyanaconda/exception.py (with its spelling), tmux
    pattern:
      /An unknown error has occur+ed|\bPane is dead\b|anaconda\S* (?:of user \d+ )?(?:dumped core|crashed on signal)/,
    cause: 'installer-crashed',
    hint: 'see the installer log; the installer itself is at fault, or a script that it ran',
  },
  {
    id: 'waits-for-answers', // pyanaconda/ui/tui: the summary, with something left open
    pattern: /\['b' to begin installation|Please make a selection from the above|Please respond 'yes' or 'no'/,
    cause: 'kickstart-incomplete',
    hint: 'the kickstart leaves a question open, marked with [!] in the console log: answer it in a leaf',
  },
];

/** What ends the installation when it comes on the console, be it the installer or what runs before it. */
export const detectFailure = (line: string): InstallDetector | undefined =>
  line.includes('IGNORED') ? undefined : INSTALL_DETECTORS.find(({ pattern }) => pattern.test(line));
