/**
 * Attacks and faults that were tried on the program, what happened before it was made to withstand them, and the test
 * that shows what happens now. `test` is the title as the test's file has it.
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
    test: 'their number and size have limits, which are told',
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
];
