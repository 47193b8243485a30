/**
 * Attacks and faults that were tried on the program, what happened before it was made to withstand them, and the test
 * that shows what happens now. `test` is the title as the test's file has it; one that ends with `…` stands for all that
 * begin so.
 */
export interface Row {
  readonly tried: string;
  /** What happened before: the test failed there. */
  readonly before: string;
  readonly file: string;
  readonly test: string;
}

const leafFiles = 'packages/pipeline/src/leaf-files.test.ts';
const hostileEngine = 'packages/cli/test/integration/hostile-engine.test.ts';
const hostileLeaves = 'packages/cli/test/integration/hostile-leaves.test.ts';
const hostileScripts = 'packages/cli/test/integration/hostile.test.ts';
const logFiles = 'packages/iso-builder/src/container/log-files.test.ts';
const locks = 'packages/host/src/lock.test.ts';
const tokens = 'packages/vm-tester/test/integration/tokens.test.ts';
const terminal = 'packages/host/src/terminal.test.ts';
const readable = 'packages/pipeline/src/readable-files.test.ts';
const misplaced = 'packages/pipeline/src/misplaced-files.test.ts';
const record = 'packages/pipeline/src/record.test.ts';
const store = 'packages/pipeline/test/integration/store.test.ts';
const restore = 'packages/pipeline/test/integration/restore.test.ts';
const remote = 'packages/pipeline/test/integration/remote.test.ts';
const verify = 'packages/iso-builder/test/integration/tampering.test.ts';

export const rows: readonly Row[] = [
  {
    tried: "scripts that write the host's kernel settings, cgroups, devices, or the builder's cache",
    before: "the host's core_pattern was changed, the next ISO had the attacker's file",
    file: hostileScripts,
    test: 'what hostile leaves try, reaches nothing: the host and the cache are as before, and so is the next ISO',
  },
  {
    tried: 'a package in the cache that was repacked',
    before: 'every later ISO had it',
    file: hostileScripts,
    test: 'a poisoned cache is not used, and the ISO is the same',
  },
  ...(
    [
      ['%include of an absolute path', 'its text in the error, or in flat/', 'an absolute path is not included'],
      ['%include out of the workspace', 'the same', 'a path out of the workspace is not included'],
      ['%include of a symbolic link to /dev/zero', '3 GB of memory', 'a symbolic link to /dev/zero is not included'],
      ['%include of a FIFO, in a script', 'waits for ever', 'a FIFO is not included, in a script neither'],
      [
        '%include of 69 MB of junk',
        'more than 10 minutes',
        'a file without end, as far as that matters is not included',
      ],
    ] as const
  ).map(([tried, before, test]) => ({ tried, before, file: leafFiles, test })),
  {
    tried: "a leaf's file name that is shell, under Nx",
    before: 'run by the shell, target green',
    file: hostileLeaves,
    test: 'a checkout with hostile leaves: Nx runs none of their names, and both refuse the same includes',
  },
  {
    tried: 'the same, of the plugin alone',
    before: 'part of a command',
    file: 'packages/nx-plugin/src/misnamed.test.ts',
    test: 'other leaves keep their projects beside it',
  },
  {
    tried: 'LD_PRELOAD in .env.local, or the file of another user',
    before: 'loaded',
    file: 'packages/pipeline/src/env-file.test.ts',
    test: "of an env file only this project's variables are taken, and no file that others may write",
  },
  {
    tried: '8,000 unknown commands; Ctrl-C',
    before: 'deaf for minutes',
    file: hostileLeaves,
    test: 'a kickstart of 4 MiB of unknown commands is ended by Ctrl-C',
  },
  ...['info', 'create', 'PUT', 'start', 'wait', 'logs', 'DELETE'].map((hang) => ({
    tried: `an engine that hangs at ${hang}`,
    before: 'for ever, deaf to Ctrl-C and SIGTERM',
    file: hostileEngine,
    test: `an engine that hangs at ${hang} is left by one Ctrl-C`,
  })),
  {
    tried: 'a second Ctrl-C',
    before: 'ignored',
    file: hostileEngine,
    test: 'a second Ctrl-C ends at once, and says what may be left',
  },
  {
    tried: "OSC, C1 and bidi controls in an engine's error",
    before: 'raw on the terminal',
    file: hostileEngine,
    test: 'what an engine says is shown, and obeyed by no terminal',
  },
  {
    tried: 'an answer of an engine without end',
    before: 'out of memory',
    file: hostileEngine,
    test: 'an answer without end does not fill the memory',
  },
  {
    tried: 'output past the one place that makes it safe',
    before: 'nineteen places wrote',
    file: 'packages/cli/src/print.test.ts',
    test: 'nothing but print.ts writes to the terminal',
  },
  {
    tried: 'any text whatever',
    before: 'raw on the terminal',
    file: terminal,
    test: 'no text whatever leaves a control in a line',
  },
  {
    tried: "a builder's log called console.log",
    before: 'replaced ours',
    file: logFiles,
    test: 'ours are never overwritten',
  },
  { tried: 'logs a and a/b', before: 'ENGINE_REFUSED', file: logFiles, test: 'a file, and a folder of its name' },
  {
    tried: 'a log with a name of 300 letters',
    before: 'ENGINE_REFUSED',
    file: logFiles,
    test: 'a name that is too long',
  },
  {
    tried: 'logs without number and size',
    before: 'filled the disk',
    file: logFiles,
    test: 'their number and size have limits, which are reported',
  },
  {
    tried: "a lock of a renamed machine's earlier start",
    before: 'waited for ever',
    file: locks,
    test: 'a lock of an earlier start of the machine is taken over, whatever the machine was called',
  },
  {
    tried: 'a lock of a container that was killed',
    before: 'waited for ever',
    file: locks,
    test: 'a lock that nobody can judge, without a sign of life for long, is named instead of waited for',
  },
  {
    tried: 'tokens that another user holds',
    before: "root's test-vm waited for ever",
    file: tokens,
    test: 'a directory that others may write to, or a name that is taken, keeps nobody waiting',
  },
  {
    tried: 'tokens that are never given back',
    before: 'waited for ever',
    file: tokens,
    test: 'after a bound a machine starts without tokens',
  },
  {
    tried: 'scripts that take all memory, or all processes',
    before: "the shell's last words, and no line of the leaf",
    file: hostileScripts,
    test: 'memory ends with a clear outcome',
  },
  {
    tried: 'the same with processes',
    before: 'the same',
    file: hostileScripts,
    test: 'fork-bomb ends with a clear outcome',
  },
  {
    tried: 'a link to /dev/zero, /proc/kmsg or a FIFO anywhere in the tree, before Nx starts',
    before: 'Nx read it for ever',
    file: readable,
    test: 'a link to …',
  },
  { tried: 'a FIFO in the tree', before: 'the same', file: readable, test: 'a FIFO, and a link to one, are refused' },
  {
    tried: 'all of that under Nx',
    before: 'the same',
    file: hostileLeaves,
    test: 'leaves that include devices and FIFOs are refused, and Nx is not left alone with them',
  },
  {
    tried: 'leaves/x/project.json with commands, leaves/l/.env with NODE_OPTIONS',
    before: 'Nx ran them as the user',
    file: hostileLeaves,
    test: 'files beside leaves that Nx would take tasks or their environment from keep it from starting',
  },
  { tried: 'the same by other names', before: 'the same', file: misplaced, test: 'leaves/…' },
  {
    tried: 'a flat kickstart that is a link to a file of the user',
    before: 'that file was overwritten',
    file: hostileLeaves,
    test: 'a flat kickstart that is a link is not written through',
  },
  {
    tried: 'leaves l-x, l--help, l.x: live, with an option or a dot for an edition',
    before: 'every Nx command failed',
    file: 'packages/nx-plugin/src/misnamed.test.ts',
    test: 'a leaf called "l-…',
  },
  {
    tried: 'kernel arguments with shell, GRUB or template in them',
    before: 'obeyed by the boot loader or lorax',
    file: 'packages/installer/src/boot-arguments.test.ts',
    test: '"…',
  },
  ...['brackets', 'braces', 'a million of them', 'an end that never comes'].map((what) => ({
    tried: `JSON nested without end: ${what}`,
    before: 'a stack trace, long after it was read',
    file: 'packages/host/src/json.test.ts',
    test: `${what} are too deep`,
  })),
  {
    tried: 'host names, time zones, locales, users that are shell or paths',
    before: 'written into the ISO',
    file: 'packages/rehearsal/src/values.test.ts',
    test: 'refuses …',
  },
  { tried: 'image.json with names that are paths', before: 'an ISO over a foreign file', file: record, test: 'a …' },
  {
    tried: 'image.json that is a FIFO, a device, nested',
    before: 'waited for ever',
    file: record,
    test: 'one that is …',
  },
  {
    tried: 'a blob of the store flipped, cut, or replaced by a link, FIFO, directory',
    before: 'the old sha256, rc 0',
    file: store,
    test: 'a damaged blob is put aside, and enters again: …',
  },
  {
    tried: 'an ISO in dist/ that is edited in place',
    before: "every clone's ISO was wrong",
    file: store,
    test: 'an ISO that was edited in dist/ is noticed, and the store does not hand it on',
  },
  {
    tried: 'directories of the store that are links',
    before: 'followed',
    file: store,
    test: 'nothing in the store may be a link to elsewhere',
  },
  {
    tried: 'a foreign disk in dist/iso-X, or a dist/iso-X that is a link',
    before: 'deleted, replaced',
    file: store,
    test: 'what is not ours in dist/iso-dhi stays, and a directory that is a link stays one',
  },
  {
    tried: 'a store that is full or read-only',
    before: 'found after the build, as a stack trace',
    file: store,
    test: 'a store that is full or read-only says so, and keeps nothing half',
  },
  {
    tried: 'half-made files of copies that were killed',
    before: 'stayed',
    file: store,
    test: 'what a process that was killed did not finish is removed, and what one does is not',
  },
  ...[
    'an image.json that is not JSON',
    'an image.json that is nested for ever',
    'a manifest of other inputs',
    'a rehearsal that passes for the real one',
    'a verdict that nobody gave',
    'another log than was listed',
  ].map((what) => ({
    tried: `an index of the store that lists ${what}`,
    before: what.includes('JSON') || what.includes('nested') ? 'a stack trace' : 'restored, rc 0',
    file: restore,
    test: `${what}: it is not the image of these inputs`,
  })),
  {
    tried: 'links in dist/ where evidence is restored',
    before: 'written through',
    file: restore,
    test: 'nothing that is in its way leads out of dist/',
  },
  {
    tried: 'an image in a registry with other bytes than it says',
    before: 'restored, rc 0',
    file: remote,
    test: 'whose bytes were exchanged on the server does not come in',
  },
  {
    tried: 'one whose layers are named outside of it',
    before: 'the same',
    file: remote,
    test: 'names a file outside of itself is refused',
  },
  {
    tried: 'results whose builder, labels, report, files, sums, SBOM or provenance were changed, in each combination',
    before: 'verify: "all of it is as it was built", of 13 of 28',
    file: verify,
    test: 'found: …',
  },
  {
    tried: 'a FIFO, a directory, a link to a device in the place of a lock',
    before: 'waited for ever, deaf to SIGTERM',
    file: locks,
    test: 'what is not a lock keeps nobody waiting: …',
  },
];
