import { join } from 'node:path';
import { expect, test } from 'vitest';
import { judgeArchitecture, judgeClock, judgeVersion } from './engine.ts';
import { loraxBuilder } from '../build/lorax.ts';
import { thisMachine } from '../engine/this-machine.ts';
import { judgeKernel, parseFilesystems } from './host.ts';
import { parseLoopTrial } from './loop-trial.ts';
import { hasUserNamespaces } from '../engine/info.ts';
import { judgeLimits, judgeUserNamespace, preflight } from './preflight.ts';

const needs = { filesystems: ['ext4', 'vfat'], loopDevices: true } as const;
const statuses = (...args: Parameters<typeof judgeKernel>): Record<string, string> =>
  Object.fromEntries(judgeKernel(...args).map(({ id, status }) => [id, status]));

test('/proc/filesystems names its file systems in the second column', () => {
  expect(parseFilesystems('nodev\tsysfs\n\text4\n\tvfat\n')).toEqual(new Set(['sysfs', 'ext4', 'vfat']));
});

test.each([
  ['has it', new Set(['ext4', 'vfat']), new Set<string>(), 'ok'],
  ['has a module of it', new Set(['ext4']), new Set(['vfat']), 'ok'],
  ['has neither', new Set(['ext4']), new Set<string>(), 'failed'],
  ['has it not now, and nobody knows its modules', new Set(['ext4']), undefined, 'unknown'],
])('vfat, when the kernel %s', (_, filesystems, modules, status) => {
  expect(statuses({ filesystems, modules, loopControl: true }, needs)).toEqual({
    'kernel-ext4': 'ok',
    'kernel-vfat': status,
    'loop-devices': 'ok',
  });
});

test('no loop devices', () => {
  const kernel = { filesystems: new Set(['ext4', 'vfat']), modules: undefined, loopControl: false };
  expect(statuses(kernel, needs)).toMatchObject({ 'loop-devices': 'failed' });
});

test('what a builder does not need does not fail', () => {
  const kernel = { filesystems: new Set<string>(), modules: new Set<string>(), loopControl: false };
  expect(new Set(Object.values(statuses(kernel, undefined)))).toEqual(new Set(['not-applicable']));
});

test.each([
  ['docker', '20.10.24+dfsg1', 'ok'],
  ['docker', '29.0.1', 'ok'],
  ['docker', '19.03.15', 'unknown'],
  ['podman', '4.3.1', 'ok'],
  ['podman', '5.0.0-rc1', 'ok'],
  ['podman', '3.4.4', 'unknown'],
] as const)('%s %s: %s', (kind, version, status) => {
  expect(judgeVersion({ kind, version })).toMatchObject({ id: 'engine-version', status });
});

test.each([
  ['x86_64', 'ok'],
  ['amd64', 'ok'],
  ['aarch64', 'failed'],
  ['arm64', 'failed'],
  ['riscv64', 'failed'],
  [undefined, 'unknown'],
] as const)('a machine that builds, of the architecture %s: %s', (machine, status) => {
  expect(judgeArchitecture(machine)).toMatchObject({ id: 'architecture', status });
});

test('where nothing can be built, it says on what it can, and what is left here', () => {
  const { found, fix } = judgeArchitecture('arm64');
  expect(found).toBe('the machine that builds is aarch64, and editions are for x86_64');
  expect(fix).toMatch(/DOCKER_HOST=ssh.*flatten.*emulator/u);
});

const now = Date.parse('2026-11-23T12:00:00Z');
test.each([
  ['the same time', { here: now, engine: now + 10_000 }, 'ok'],
  ['an hour apart', { here: now, engine: now - 3_600_000 }, 'failed'],
  ['sources of the past', { here: now, engine: now, sources: now - 1 }, 'ok'],
  ['sources of tomorrow', { here: now, engine: now, sources: now + 86_400_000 }, 'failed'],
  ['an engine that does not tell', { here: now, engine: undefined }, 'unknown'],
])('clocks: %s', (_, times, status) => {
  expect(judgeClock(times)).toMatchObject({ id: 'clock', status });
});

test("a build without a container looks for its programs where its caller's environment says", async () => {
  const containers = join(import.meta.dirname, '../../../../containers');
  const checks = await preflight(
    await thisMachine({ PATH: '/nowhere' }),
    loraxBuilder(containers, { release: '44', base: `docker.io/library/fedora@sha256:${'0'.repeat(64)}` }),
  );
  expect(checks.find(({ id }) => id === 'host-tools')).toMatchObject({
    status: 'failed',
    found: 'these are not on the PATH: setpriv, unshare, mount, losetup',
  });
});

const privileges = { capDrop: [], capAdd: [], loopDevices: false, hostDev: false, unconfined: true };

test.each([
  [true, 'ok'],
  [false, 'unknown'],
])('a user name space: %s; it is told, and hinders no build: %s', (has, status) => {
  const check = judgeUserNamespace(has, { privileges });
  expect(check).toMatchObject({ status, fix: expect.stringContaining('/etc/subuid') as unknown });
});

const limits = { processes: 100, memoryShare: 0.5 };

test.each([
  [{ MemoryLimit: true, PidsLimit: true }, { limits }, 'ok', 'limited'],
  [{ MemoryLimit: true, PidsLimit: false }, { limits }, 'unknown', 'cannot limit processes of'],
  [{}, { limits }, 'unknown', 'cannot limit memory and processes of'],
  [{}, {}, 'not-applicable', 'no limits'],
])('limits of an engine that says %j: %j', (info, builder, status, found) => {
  expect(judgeLimits(info, builder)).toMatchObject({ status, found: expect.stringContaining(found) as unknown });
});

test('a builder that needs loop devices can have none', () => {
  const loops = { privileges: { ...privileges, loopDevices: true } };
  expect(judgeUserNamespace(false, loops).fix).toContain('cannot have it');
});

test.each([
  [['name=seccomp,profile=default', 'name=rootless'], true],
  [['name=userns'], true],
  [['name=seccomp,profile=default', 'name=apparmor'], false],
  [['name=usernsx'], false],
  [[], false],
])('%j: whether an engine gives every container one: %s', (options, has) => {
  expect(hasUserNamespaces({ SecurityOptions: options })).toBe(has);
});

test('Podman before 5 says in a field of its own that it runs without root', () => {
  expect(hasUserNamespaces({ SecurityOptions: ['name=seccomp'], Rootless: true })).toBe(true);
});

const kernel = { filesystems: new Set(['ext4']), modules: undefined, loopControl: true };
const found = (trial: string, engine = { kind: 'podman', version: '4.3.1' } as const, rootless = false) =>
  Object.fromEntries(
    judgeKernel({ ...kernel, rootless, trial: parseLoopTrial(trial) }, needs, engine).map((check) => [check.id, check]),
  );

test('what a container of the builder could do decides', () => {
  const trial =
    'taken /dev/loop3\nmounted ext4\ntaken /dev/loop4\nfailed vfat mount: /tmp/x: unknown filesystem type vfat. ';
  expect(found(trial)).toMatchObject({
    'loop-devices': { status: 'ok', found: expect.stringContaining('/dev/loop3 and /dev/loop4') as unknown },
    'kernel-ext4': { status: 'ok' },
    'kernel-vfat': { status: 'failed', found: expect.stringContaining('has no vfat') as unknown },
  });
});

test.each([
  [
    'an old Podman whose devices are all in use',
    { kind: 'podman', version: '4.3.1' },
    false,
    /losetup --list.*4\.3\.1/u,
  ],
  ['an engine without root', { kind: 'podman', version: '5.2.0' }, true, /runs as root/u],
  ['any other', { kind: 'docker', version: '29.0.0' }, false, /modprobe loop/u],
] as const)('no loop device: %s', (_, engine, rootless, fix) => {
  const refused = 'refused losetup: /tmp/x/ext4.img: failed to set up loop device: Operation not permitted';
  const loop = judgeKernel({ ...kernel, rootless, trial: parseLoopTrial(refused) }, needs, engine).find(
    ({ id }) => id === 'loop-devices',
  );
  expect(loop).toMatchObject({
    status: 'failed',
    found: expect.stringContaining('Operation not permitted') as unknown,
  });
  expect(loop?.fix).toMatch(fix);
});
