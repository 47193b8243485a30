import { hash } from 'node:crypto';
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testWorkspace } from '../workspace.ts';

const outcome = (id: string, status: string, reason?: string) => ({ id, title: id, status, reason });

/** What a run of `test-vm` leaves behind. */
async function judged(root: string, edition: string, checks: ReturnType<typeof outcome>[]): Promise<void> {
  const directory = join(root, `dist/iso-${edition}/test-vm/uefi`);
  await mkdir(directory, { recursive: true });
  const verdict = { status: 'accepted', milestones: {}, startedAt: '2026-01-01T00:00:00.000Z' };
  await writeFile(join(directory, 'verdict.json'), JSON.stringify(verdict));
  await writeFile(join(directory, 'checks.json'), JSON.stringify({ version: 1, checks }));
}

test('editions shows every leaf, and what became of it here', async () => {
  await using workspace = await testWorkspace();
  await judged(workspace.root, 's', [outcome('units', 'accepted'), outcome('selinux', 'not judged', 'a rehearsal')]);
  const { stdout, exitCode } = await workspace.phyllome(['editions']);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(
    /^dhi +ldhi +live desktop hypervisor for Intel +\d+ +\d+ \+ @anaconda-tools \+ @core \+ @hardware-support +none +none$/m,
  );
  expect(stdout).toMatch(/^s +ls +live server .* uefi accepted \(1 not judged\)$/m);
  expect(stdout).toMatch(/^dhi-encrypted .* on an encrypted disk /m);
});

test('an ISO that was built of an older kickstart is reported as such', async () => {
  await using workspace = await testWorkspace();
  await mkdir(join(workspace.root, 'dist/iso-l'), { recursive: true });
  const text = await readFile(join(workspace.root, 'flat/flat-l.cfg'));
  const image = { schema: 1, edition: 'l', name: 'l.iso', volid: 'L', size: 2 ** 20, sha256: '0'.repeat(64) };
  const made = { kickstart: hash('sha256', text), builder: 'rehearsal', rehearsal: true, profile: 'draft' };
  await writeFile(join(workspace.root, 'dist/iso-l/image.json'), JSON.stringify({ ...image, ...made }));
  await writeFile(join(workspace.root, 'dist/iso-l/l.iso'), '');
  const told = async (): Promise<string> => (await workspace.phyllome(['editions', 'l'])).stdout;
  expect(await told()).toMatch(/last ISO +1 MiB draft, a rehearsal of Debian packages$/m);
  await appendFile(join(workspace.root, 'leaves/l.cfg'), 'firewall --disabled\n');
  expect(await told()).toMatch(/last ISO +1 MiB draft, a rehearsal of Debian packages, of an older kickstart$/m);
  const noQemu = { PATH: join(workspace.root, 'empty-path') };
  for (const command of ['test-vm', 'up']) {
    const { stderr } = await workspace.phyllome([command, 'l'], noQemu);
    expect(stderr).toContain('note: leaves/l.cfg or its blocks have changed since this ISO was built');
  }
});

test('a leaf that is broken keeps no other edition from being shown', async () => {
  await using workspace = await testWorkspace();
  await writeFile(join(workspace.root, 'leaves/d.cfg'), 'lnag C\n');
  const { stdout, stderr, exitCode } = await workspace.phyllome(['editions']);
  expect(stdout).toMatch(/^dhi +ldhi +live desktop hypervisor for Intel /m);
  expect(stderr).toContain('error[KS_UNKNOWN_COMMAND] leaves/d.cfg:1:1');
  expect(exitCode).toBe(1);
});

test('an edition that is named is shown with its blocks and packages', async () => {
  await using workspace = await testWorkspace();
  const { stdout } = await workspace.phyllome(['editions', 'ldhi']);
  expect(stdout).toMatch(/^ldhi: live desktop hypervisor for Intel\n {2}project +iso-dhi$/m);
  expect(stdout).toMatch(/^ {2}blocks +base source .* hypervisor\/intel/ms);
  expect(stdout).toMatch(/^ {2}kernel +intel_iommu=on /m);
});

test('editions --checks shows what held and why the rest was not judged', async () => {
  await using workspace = await testWorkspace();
  await judged(workspace.root, 's', [outcome('units', 'accepted'), outcome('selinux', 'not judged', 'a rehearsal')]);
  const { stdout } = await workspace.phyllome(['editions', '--checks', 'ls', 'ld']);
  expect(stdout).toMatch(/^CHECK +ls +ld +WHAT MUST HOLD$/m);
  expect(stdout).toMatch(/^units +ok +- +every unit starts$/m);
  expect(stdout).toMatch(/^selinux +\? +- /m);
  expect(stdout).toMatch(/^selinux +ls +not judged: a rehearsal$/m);
});

test('editions --json has all of it for programs', async () => {
  await using workspace = await testWorkspace();
  const { stdout } = await workspace.phyllome(['editions', '--json', 'ldhi', 'n-encrypted']);
  const { version, editions } = JSON.parse(stdout);
  expect(version).toBe(1);
  expect(editions).toMatchObject([
    { name: 'dhi', project: 'iso-dhi', traits: ['live', 'desktop', 'hypervisor', 'intel'], iso: null, verdicts: [] },
    { name: 'n-encrypted', project: 'install-n-encrypted', traits: ['install', 'nano', 'encrypted'] },
  ]);
  expect(editions[0].kernelArguments).toContain('intel_iommu=on');
  expect(editions[1].checks).toContainEqual({ id: 'encryption', status: 'not made', reasons: [] });
});

test('rehearse --coverage prints what a rehearsal exercises, and why not the rest', async () => {
  await using workspace = await testWorkspace();
  const { stdout, exitCode } = await workspace.phyllome(['rehearse', '--coverage', 'dhi']);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^dhi +\d+ of \d+, \d+ % /m);
  expect(stdout).toContain('selinux --enforcing');
  const json = JSON.parse((await workspace.phyllome(['rehearse', '--coverage', '--json'])).stdout);
  expect(json.editions.map(({ edition }: { edition: string }) => edition)).toEqual(
    expect.arrayContaining(['l', 'n', 's', 'dhi']),
  );
});

test.each([
  [['editions', 'nonsense'], 'UNKNOWN_LEAF'],
  [['rehearse'], 'BAD_OPTION'],
  [['rehearse', '--coverage', 'nonsense'], 'UNKNOWN_EDITION'],
])('%j is a usage error', async (args, code) => {
  await using workspace = await testWorkspace();
  const { exitCode, stderr } = await workspace.phyllome(args);
  expect(stderr).toContain(`error[${code}]`);
  expect(exitCode).toBe(2);
});

test('a reader that stops early is not an error', async () => {
  await using workspace = await testWorkspace();
  const running = workspace.phyllome(['editions', '--json']);
  running.stdout.destroy();
  const { stderr, exitCode } = await running;
  expect(stderr).toBe('');
  expect(exitCode).toBe(0);
});
