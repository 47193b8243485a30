/**
 * What lorax and anaconda print, word for word: the rehearsal prints it, everybody else recognises it. Recorded from lorax
 * 44.7 and anaconda 44.35; `test/recorded/README.md` says how.
 */

/** livemedia-creator's own lines (lorax, `src/sbin/livemedia-creator`, `src/pylorax/{creator,installer}.py`). */
export const LORAX = {
  runningAnaconda: 'Running anaconda.',
  timeout: 'Canceling installation due to timeout',
  anacondaFailed: 'Running anaconda failed: ',
  logsEnd: 'Shutting down log processing',
  installed: 'Disk Image install successful',
  installFailed: 'Install failed: novirt_install failed',
  removingImage: 'Removing bad disk image',
  imageFailed: 'Image creation failed: novirt_install failed',
  imageErased: 'Disk image erased',
  squashfs: 'Creating a squashfs only runtime',
  initramfs: 'Rebuilding initrds',
  iso: 'Building boot.iso',
  summary: 'SUMMARY',
} as const;

/** anaconda's lines on a console, in cmdline mode (`pyanaconda/exception.py`, `startup_utils.py`, `ui/tui/`). */
export const ANACONDA = {
  starting: 'Starting installer, one moment...',
  noTerminal: 'terminal size detection failed, using default width',
  nonInteractive: 'Enforcing the non-interactive text mode for dir and image installations.',
  automated: 'Starting automated install.',
  /** While it runs, something that it cannot handle. */
  stopped: 'Running in cmdline mode, no interactive debugging allowed.',
  /** Before it begins: the kickstart leaves a question open. */
  stoppedByQuestion:
    'The installation was stopped due to an error which occurred while running in non-interactive cmdline mode. Since there cannot be any questions in cmdline mode, edit your kickstart file and retry installation. ',
  exactMessage: 'The exact error message is:',
  kickstartError: 'An error occurred during reading the kickstart file:',
  terminates: 'The installer will now terminate.',
  openSpokes: 'The following mandatory spokes are not completed:',
  complete: 'Complete!',
} as const;

/** The steps of an installation as anaconda announces them, in its order (`modules/boss/installation.py`). */
export const STEPS = {
  environment: 'Setting up the installation environment',
  storage: 'Configuring storage',
  preScripts: 'Running pre-installation scripts',
  preTasks: 'Running pre-installation tasks',
  software: 'Installing the software',
  bootloader: 'Installing boot loader',
  postTasks: 'Performing post-installation setup tasks',
  certificates: 'Importing certificates',
  configuration: 'Configuring installed system',
  users: 'Creating users',
  addons: 'Configuring addons',
  initramfs: 'Generating initramfs',
  kickstarts: 'Storing configuration files and kickstarts',
  postScripts: 'Running post-installation scripts',
} as const;
export type Step = keyof typeof STEPS;
