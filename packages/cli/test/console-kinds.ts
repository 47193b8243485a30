import { parseLogLine } from '@phyllome/installer';

/** A kind of line: what stays of it when names, numbers and times are not looked at. */
type Kind = readonly [pattern: RegExp, name: string];

const KINDS: readonly Kind[] = [
  [/^livemedia-creator v\d\S*$/u, 'livemedia-creator VERSION'],
  [/^anaconda \S+ for .+ started\.$/u, 'anaconda VERSION for PRODUCT started.'],
  [/^Using disk size of \d+MiB$/u, 'Using disk size of SIZE'],
  [/^Downloading \d+ RPMs, [\d.]+ MiB \/ [\d.]+ MiB \(\d+%\) done\.$/u, 'Downloading N RPMs, SIZE / SIZE (P%) done.'],
  [/^Installing \S+\.\S+ \(\d+\/\d+\)$/u, 'Installing PACKAGE (N/TOTAL)'],
  [/^Configuring \S+\.\S+$/u, 'Configuring PACKAGE'],
  // One for each task that a step is done with: how many there are depends on the system and on time.
  [/^\.+$/u, '.'],
  [/^working dir is \S+$/u, 'working dir is PATH'],
  [/^dracut args = \['--.*'\]$/u, 'dracut args = [LIST]'],
  [/^rebuilding boot\/initramfs-\S+\.img$/u, 'rebuilding boot/initramfs-VERSION.img'],
  [/^Logs are in \S+$/u, 'Logs are in PATH'],
  [/^Results are in \S+$/u, 'Results are in PATH'],
  [/^Running anaconda failed: process '.*' exited with status 1$/u, 'Running anaconda failed: process COMMAND'],
];

/** Lines of the recordings that a rehearsal has not got, and why. */
const LACKING: readonly Kind[] = [
  [/^disk_img = /u, 'there is no disk image'],
  [/^Disk image erased$|^Removing bad disk image$/u, 'there is no disk image'],
  [/^Processing logs from \(/u, 'anaconda sends its logs over a socket: the rehearsal writes them'],
  [/libreport is not available in this environment/u, 'the machine of the recordings lacked it'],
  [/^Running setfiles on install tree failed: /u, 'the machine of the recordings lacked it'],
  [/^ {2,}File "|^ {4,}[\w~^]/u, 'frames of a traceback: there is no Python'],
  [/^Exception ignored in atexit callback /u, 'the machine of the recordings lacked load_policy'],
  [
    /^pyanaconda\.modules\.common\.errors\.general\.AnacondaError: /u,
    'the machine of the recordings lacked load_policy',
  ],
];

/** Lines that only a rehearsal prints. */
const OWN: readonly RegExp[] = [
  / changes nothing in a rehearsal$/u,
  /^The new system is kept in memory$/u,
  /^Reusing the (?:packages|initramfs) that an earlier build /u,
  /^\d+ packages are not the locked ones; /u,
];

/** The steps of one transaction come and go with the size and order of packages: only that each kind was there counts. */
const TRANSACTION = new Set([
  'Downloading N RPMs, SIZE / SIZE (P%) done.',
  'Installing PACKAGE (N/TOTAL)',
  'Configuring PACKAGE',
]);

const kindOf = (message: string): string => KINDS.find(([pattern]) => pattern.test(message))?.[1] ?? message;

/**
 * The kinds of lines of a console of livemedia-creator, in their order.
 *
 * @param text its stderr, or stderr and stdout together
 * @param until the message of the last line that counts
 * @throws {Error} when there is no such line
 */
export function consoleKinds(text: string, until: string | RegExp): string[] {
  const messages = text.split('\n').map((line) => parseLogLine(line).message);
  const end = messages.findIndex((message) => (typeof until === 'string' ? message === until : until.test(message)));
  if (end < 0) throw new Error(`the console has no line ${String(until)}:\n${text}`);
  const kinds: string[] = [];
  let afterComplete = false;
  for (const message of messages.slice(0, end + 1)) {
    if (LACKING.some(([pattern]) => pattern.test(message)) || OWN.some((pattern) => pattern.test(message))) continue;
    afterComplete ||= message === 'Complete!';
    // Of the exception at its exit, and of the image that is measured once more.
    if (afterComplete && /^Traceback |^Using disk size of /u.test(message)) continue;
    const kind = kindOf(message);
    if (TRANSACTION.has(kind) && kinds.includes(kind)) continue;
    kinds.push(kind);
  }
  return kinds;
}
