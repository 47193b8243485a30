import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { explainDirectory, logDirectoriesBelow } from './directory.ts';
import { Evidence } from './evidence.ts';
import { type ExplainContext, type Explanation, explain } from './explain.ts';

const recorded = join(import.meta.dirname, '../test/recorded');
const anaconda = join(recorded, 'anaconda-44');

let scratch = '';
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'explain-'));
});
afterAll(() => rmSync(scratch, { recursive: true }));

async function explained(directory: string): Promise<Explanation> {
  const found = await explainDirectory(directory);
  if (found === undefined) throw new Error(`no logs in ${directory}`);
  return found.explanation;
}

/** Cause, headline, line of the kickstart, a word of the hint. */
const golden: Record<string, [string, string, number | undefined, RegExp]> = {
  'bad-option': ['kickstart', 'unrecognized arguments: --bogus', 21, /correct that line/u],
  'broken-dep': [
    'package-missing',
    'nothing provides nothing-at-all-has-this needed by oracle-broken-dep-1.0-1.fc44.noarch from anaconda',
    72,
    /nothing in the repositories has what that package needs/u,
  ],
  'hang-post': [
    'timeout',
    'Canceling installation due to timeout, in the step "Preparing transaction from installation source"',
    undefined,
    /more minutes/u,
  ],
  'missing-package': ['package-missing', 'No match for argument: hypervizor-tools', 72, /correct the name/u],
  'no-space': [
    'space-root',
    'installing package libmd0-1.0-1.fc44.x86_64 needs 40MB more space on the / filesystem',
    31,
    /larger --size/u,
  ],
  'post-fails': ['script', "ls: cannot access '/no/such/file': No such file or directory", 48, /correct that script/u],
  'pre-fails': ['script', 'pre fails', 70, /correct that script/u],
  'repo-unreachable': [
    'mirror',
    'Failed to download metadata (baseurl: "http://127.0.0.1:9/repo") for repository "anaconda": Usable URL not found',
    23,
    /check the address/u,
  ],
  'rpm-404': [
    'mirror',
    "Failed to download 'kbd-0:1.0-1.fc44.x86_64': No more mirrors to try - All mirrors were already tried without success",
    undefined,
    /out of step/u,
  ],
  'scriptlet-fails': [
    'scriptlet',
    '%post(oracle-bad-post-1.0-1.fc44.noarch) scriptlet failed, exit status 1',
    72,
    /dnf\.log have its output/u,
  ],
  'updates-unreachable': [
    'mirror',
    'Failed to download metadata (baseurl: "http://127.0.0.1:9/updates") for repository "fedora-44-updates": Usable URL not found',
    13,
    /check the address/u,
  ],
};

describe('recorded from anaconda 44.35', () => {
  test.each(Object.entries(golden))('%s', async (name, [cause, headline, kickstartLine, hint]) => {
    const found = await explained(join(anaconda, name));
    expect(found).toMatchObject({ outcome: 'failed', stage: 'installer', cause, headline, kickstartLine });
    expect(found.hint).toMatch(hint);
  });

  test.each(['success', 'success-http'])('%s: a traceback after the installation is no failure', async (name) => {
    expect(await explained(join(anaconda, name))).toMatchObject({ outcome: 'succeeded' });
  });

  test('every recording has its expectation', () => {
    expect(readdirSync(anaconda).toSorted()).toEqual([...Object.keys(golden), 'success', 'success-http'].toSorted());
  });

  test('the package that a mirror lacks is in one of the repositories, and the logs do not say in which', async () => {
    expect((await explained(join(anaconda, 'rpm-404'))).candidates).toEqual([13, 23]);
  });

  test('a scriptlet is shown with what it printed', async () => {
    expect((await explained(join(anaconda, 'scriptlet-fails'))).details).toContain('scriptlet says no');
  });

  test('a script is shown with what it printed and its exit code', async () => {
    const dbus = `${scratch}/with-dbus`;
    cpSync(join(anaconda, 'post-fails'), dbus, { recursive: true });
    writeFileSync(
      join(dbus, 'anaconda/dbus.log'),
      'ERROR:anaconda.core.kickstart.scripts.script:Error code 2 running the kickstart script at line 15\n',
    );
    expect(await explained(dbus)).toMatchObject({
      what: 'a %post script failed (exit code 2)',
      details: ['about to fail'],
      at: { file: 'anaconda/ks-script-fexnj772.log', line: 2 },
    });
  });
});

/** A copy of a recording without some of its files. */
function without(name: string, ...files: string[]): string {
  const copy = mkdtempSync(join(scratch, `${name}-`));
  cpSync(join(anaconda, name), copy, { recursive: true });
  for (const file of files) rmSync(join(copy, file), { recursive: true });
  return copy;
}

describe('the same with less', () => {
  test.each([
    ['post-fails', ['console.log'], 'script', "ls: cannot access '/no/such/file': No such file or directory", 48],
    ['post-fails', ['anaconda'], 'script', "ls: cannot access '/no/such/file': No such file or directory", 48],
    [
      'post-fails',
      ['kickstart.cfg'],
      'script',
      "ls: cannot access '/no/such/file': No such file or directory",
      undefined,
    ],
    ['pre-fails', ['console.log'], 'script', 'pre fails', 70],
    ['pre-fails', ['anaconda/program.log'], 'script', 'pre fails', 70],
    ['pre-fails', ['anaconda'], 'script', 'a script of the kickstart failed and printed nothing', undefined],
    ['missing-package', ['console.log'], 'package-missing', 'No match for argument: hypervizor-tools', 72],
    [
      'missing-package',
      ['livemedia.log', 'anaconda'],
      'package-missing',
      'No match for argument: hypervizor-tools',
      72,
    ],
    [
      'missing-package',
      ['console.log', 'livemedia.log'],
      'package-missing',
      'No match for argument: hypervizor-tools',
      72,
    ],
    [
      'hang-post',
      ['console.log'],
      'timeout',
      'Canceling installation due to timeout, in the step "Preparing transaction from installation source"',
      undefined,
    ],
    [
      'no-space',
      ['anaconda/packaging.log'],
      'packages',
      'An error occurred during the transaction: The transaction process has ended with errors.',
      undefined,
    ],
    [
      'repo-unreachable',
      ['anaconda/packaging.log', 'anaconda/dnf.log'],
      'mirror',
      'Installation source (Error setting up repositories)',
      undefined,
    ],
    [
      'broken-dep',
      ['anaconda'],
      'package-missing',
      'nothing provides nothing-at-all-has-this needed by oracle-broken-dep-1.0-1.fc44.noarch from anaconda',
      72,
    ],
    [
      'broken-dep',
      ['console.log'],
      'package-missing',
      'nothing provides nothing-at-all-has-this needed by oracle-broken-dep-1.0-1.fc44.noarch from anaconda',
      72,
    ],
    ['bad-option', ['kickstart.cfg'], 'kickstart', 'unrecognized arguments: --bogus', 21],
  ] as const)('%s without %s', async (name, files, cause, headline, kickstartLine) => {
    expect(await explained(without(name, ...files))).toMatchObject({ cause, headline, kickstartLine });
  });

  test('control characters and line ends of another system do not matter, and are not printed', async () => {
    const copy = without('missing-package', 'livemedia.log', 'anaconda');
    const text = readFileSync(join(copy, 'console.log'), 'utf8');
    const noisy = text.replaceAll('hypervizor', '\u001B[31mhyper\u0000vizor\u001B[0m\u202E').replaceAll('\n', '\r\n');
    writeFileSync(join(copy, 'console.log'), noisy);
    expect(await explained(copy)).toMatchObject({
      headline: 'No match for argument: hypervizor-tools',
      kickstartLine: 72,
    });
  });

  test.each([0.3, 0.5, 0.7, 0.9, 0.99])(
    'a console that is cut off after %f of it is explained without an error',
    async (part) => {
      for (const name of Object.keys(golden)) {
        const copy = without(name);
        const text = readFileSync(join(copy, 'console.log'));
        writeFileSync(join(copy, 'console.log'), text.subarray(0, Math.floor(text.length * part)));
        const found = await explained(copy);
        expect(found.outcome).not.toBe('succeeded');
      }
    },
  );
});

test('a huge log is explained all the same', async () => {
  const copy = mkdtempSync(join(scratch, 'huge-'));
  const text = readFileSync(join(anaconda, 'missing-package/console.log'), 'utf8');
  const [head = '', tail = ''] = text.split(/(?=^.*Installing the software)/mu);
  const noise = `2026-11-29 00:19:46,000: ${'x'.repeat(400)}\n`.repeat(50_000);
  writeFileSync(join(copy, 'console.log'), head + noise + tail);
  writeFileSync(join(copy, 'program.log'), 'y'.repeat(8_000_000));
  expect(await explained(copy)).toMatchObject({ headline: 'No match for argument: hypervizor-tools' });
});

describe('which directory has the logs of a run', () => {
  test('a directory of recordings has one a run', async () => {
    expect(await logDirectoriesBelow(anaconda)).toHaveLength(13);
  });

  test('the folder of a failed build has them in logs/', async () => {
    const failed = mkdtempSync(join(scratch, 'failed-'));
    cpSync(join(anaconda, 'post-fails'), join(failed, 'logs'), { recursive: true });
    expect(await logDirectoriesBelow(failed)).toEqual(['logs']);
    expect(await explained(failed)).toMatchObject({ cause: 'script', kickstartLine: 48 });
  });

  test('those of anaconda alone are as good', async () => {
    expect(await explained(join(anaconda, 'post-fails/anaconda'))).toMatchObject({
      cause: 'script',
      headline: "ls: cannot access '/no/such/file': No such file or directory",
    });
  });

  test('without logs there is nothing to explain', async () => {
    const empty = mkdtempSync(join(scratch, 'empty-'));
    writeFileSync(join(empty, 'notes.txt'), 'nothing');
    expect(await explainDirectory(empty)).toBeUndefined();
  });
});

const lorax = join(recorded, 'lorax-43');
const names = readdirSync(lorax).flatMap((name) => (name.endsWith('.txt') ? [name.slice(0, -4)] : []));
const exits: Record<string, ExplainContext> = {
  killed: { exitCode: 137 },
  'bad-arguments': { exitCode: 2 },
  'out-of-memory-squashfs': { exitCode: 1, oomKilled: true },
};

test.each(names)('recorded from lorax 43: %s', async (name) => {
  const [console = '', program = ''] = readFileSync(join(lorax, `${name}.txt`), 'utf8').split('--- program.log\n');
  const evidence = new Evidence();
  for (const line of console.trimEnd().split('\n')) evidence.line('console', 'console.log', line);
  for (const line of program.split('\n')) evidence.line('program', 'program.log', line);
  evidence.end();
  const { stage, cause, what, headline, hint } = explain(evidence, exits[name] ?? { exitCode: 1 });
  const made = { stage, cause, what, headline, hint };
  await expect(`${JSON.stringify(made, null, 2)}\n`).toMatchFileSnapshot(join(lorax, `${name}.json`));
});

test.each([
  ['dracut', {}, 'space-engine', /dracut/u],
  ['space-tmp', {}, 'space-tmp', /output filesystem/u],
  ['dracut', { oomKilled: true }, 'out-of-memory', /memory ran out/u],
] as const)('recorded from lorax 43: %s, in a machine whose disk was full, %j', (name, more, cause, headline) => {
  const [console = '', program = ''] = readFileSync(join(lorax, `${name}.txt`), 'utf8').split('--- program.log\n');
  const evidence = new Evidence();
  for (const line of console.trimEnd().split('\n')) evidence.line('console', 'console.log', line);
  for (const line of program.split('\n')) evidence.line('program', 'program.log', line);
  evidence.end();
  const found = explain(evidence, { exitCode: 1, diskFull: true, ...more });
  expect(found.cause).toBe(cause);
  expect(found.headline).toMatch(headline);
});

test('a disk that is full and lets nothing be said of it', () => {
  const found = explain(new Evidence(), { exitCode: 1, diskFull: true });
  expect(found).toMatchObject({ outcome: 'failed', stage: 'before', cause: 'space-engine' });
  expect(explain(new Evidence(), { exitCode: 1, diskFull: false }).cause).not.toBe('space-engine');
});

test('the program is named, and where to look in what it leaves', () => {
  expect(explain(new Evidence(), { exitCode: 137, program: 'mkksiso' }).what).toBe(
    'mkksiso was killed (exit code 137)',
  );
  const { what, hint } = explain(new Evidence(), { exitCode: 1, program: 'mkksiso' });
  expect(what).toBe('mkksiso failed (exit code 1)');
  expect(hint).not.toContain('program.log');
});

/** As the real installer fails, where the machine is at fault; the line is the one of the script in its kickstart. */
test.each([
  [
    'memory',
    ['15', '', 'Killed'],
    { exitCode: 1, oomKilled: true },
    'out-of-memory',
    /ended it or a process of it/u,
    /memory/u,
  ],
  [
    'processes',
    ['15', '', '/tmp/ks-script-x: 3: Cannot fork'],
    { exitCode: 1 },
    'script',
    /Cannot fork/u,
    /more processes/u,
  ],
  ['neither', ['15', '', 'no such file'], { exitCode: 1 }, 'script', /no such file/u, /^correct that script/u],
] as const)('a script that fails for want of %s', (_, said, context, cause, headline, hint) => {
  const kickstart = readFileSync(join(anaconda, 'post-fails/kickstart.cfg'), 'utf8');
  const evidence = new Evidence();
  const lines = [
    'Running anaconda.',
    'The exact error message is:',
    '',
    ...said,
    '',
    'The installer will now terminate.',
  ];
  for (const line of lines) evidence.line('console', 'console.log', line);
  evidence.end();
  const found = explain(evidence, { ...context, kickstart });
  expect(found).toMatchObject({ outcome: 'failed', cause, kickstartLine: 48 });
  expect(found.headline).toMatch(headline);
  expect(found.hint).toMatch(hint);
});

/** What the rehearsal says of what real installers leave to the machine, as an exact message or as lorax's error. */
test.each([
  [
    'The programs of the kickstart cannot be confined, and were not run: tmpfs on /x: Operation not permitted',
    'privileges',
    /doctor/u,
  ],
  [
    'The scripts of the kickstart cannot be confined, and none was run: they would reach\n/proc/1/root',
    'privileges',
    /doctor/u,
  ],
  ['/boot/vmlinuz-6.12 of the installed system is not a plain file', 'script', /look at the %post scripts/u],
  ['A script of the kickstart has put something else than a directory at /proc', 'script', /%post/u],
  ["The installed system could not be completed: ENOENT: no such file, open '/x/etc/passwd'", 'script', /%post/u],
  ['The kickstart script at line 12 did not end: sh ran longer than 5 s', 'script', /PHYLLOME_SCRIPT_TIMEOUT/u],
  [
    "The kickstart script at line 12 ran out of memory, and the kernel ended it or a process of it: the builder's container may use 1.5 GiB",
    'out-of-memory',
    /that script in its leaf, or .* more memory/u,
  ],
  [
    "The kickstart script at line 12 wanted more processes than the builder's container may have: 4096\nsh: 0: Cannot fork",
    'script',
    /fewer processes/u,
  ],
  [
    'Installed files are not those of their packages, and PHYLLOME_LOCK is exact.\n/usr/bin/x',
    'package-lock',
    /mirror/u,
  ],
  ['no kernel in the installed system: put one into %packages', 'package-missing', /add kernel/u],
])('%s', (said, cause, hint) => {
  const framed = [
    'The exact error message is:',
    '',
    ...`${said}.`.split('\n'),
    '',
    'The installer will now terminate.',
  ];
  for (const lines of [
    ['Running anaconda.', ...framed],
    ['Running anaconda.', ...said.split('\n')],
  ]) {
    const evidence = new Evidence();
    for (const line of lines) evidence.line('console', 'console.log', line);
    evidence.end();
    const found = explain(evidence, { exitCode: 1 });
    expect(found).toMatchObject({ outcome: 'failed', cause, headline: said.split('\n')[0] });
    expect(found.hint).toMatch(hint);
  }
});
