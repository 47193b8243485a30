import { expect, test } from 'vitest';
import { hostConfig } from './container.ts';
import { needsNames } from './loop-devices.ts';

const privileges = {
  capDrop: [],
  capAdd: ['SYS_ADMIN'],
  capAddWithSelinux: ['MAC_ADMIN'],
  loopDevices: true,
  hostDev: true,
  unconfined: true,
};

test('never privileged, and only what the builder asks for', () => {
  expect(hostConfig(privileges, { kind: 'docker', securityOptions: ['name=seccomp,profile=default'] })).toEqual({
    CapDrop: [],
    CapAdd: ['SYS_ADMIN'],
    DeviceCgroupRules: ['b 7:* rwm', 'c 10:237 rwm'],
    Binds: ['/dev:/dev'],
    SecurityOpt: [],
    LogConfig: { Type: 'json-file', Config: {} },
    RestartPolicy: { Name: 'no' },
  });
});

test("a builder that lists all of its capabilities gets none of the engine's", () => {
  expect(
    hostConfig({ ...privileges, capDrop: ['ALL'], capAdd: ['CHOWN'] }, { kind: 'docker', securityOptions: [] }),
  ).toMatchObject({
    CapDrop: ['ALL'],
    CapAdd: ['CHOWN'],
  });
});

test.each([
  ['AppArmor', ['name=apparmor'], ['apparmor=unconfined']],
  ['SELinux', ['name=seccomp,profile=default', 'name=selinux'], ['label=disable']],
  ['neither', ['name=seccomp,profile=default', 'name=rootless'], []],
])('the confinement of %s is lifted where the engine has it, and the builder needs it', (_, engine, lifted) => {
  expect(hostConfig(privileges, { kind: 'podman', securityOptions: engine }).SecurityOpt).toEqual(lifted);
  expect(
    hostConfig({ ...privileges, unconfined: false }, { kind: 'podman', securityOptions: engine }).SecurityOpt,
  ).toEqual([]);
});

test('Podman gets limits that it may set', () => {
  expect(hostConfig(privileges, { kind: 'podman', securityOptions: [] })).toMatchObject({
    LogConfig: { Type: 'k8s-file' },
    Ulimits: [{ Name: 'nofile' }, { Name: 'nproc' }],
  });
});

test('caches are volumes, never folders of the engine', () => {
  const caches = [{ name: 'phyllome-x', path: '/var/cache/x' }];
  expect(hostConfig({ ...privileges, hostDev: false }, { kind: 'docker', securityOptions: [], caches }).Binds).toEqual([
    'phyllome-x:/var/cache/x',
  ]);
});

test('nodes of loop devices are named where the engine drops rules', () => {
  const loopNodes = ['/dev/loop-control', '/dev/loop0'];
  expect(hostConfig(privileges, { kind: 'podman', securityOptions: [], loopNodes }).Devices).toEqual([
    { PathOnHost: '/dev/loop-control', PathInContainer: '/dev/loop-control', CgroupPermissions: 'rwm' },
    { PathOnHost: '/dev/loop0', PathInContainer: '/dev/loop0', CgroupPermissions: 'rwm' },
  ]);
  const without = hostConfig({ ...privileges, loopDevices: false }, { kind: 'podman', securityOptions: [], loopNodes });
  expect([without.Devices, without.DeviceCgroupRules]).toEqual([undefined, undefined]);
});

test.each([
  ['podman', '4.3.1', true],
  ['podman', '4.4.0', false],
  ['podman', '5.0.0-rc1', false],
  ['docker', '20.10.24+dfsg1', false],
] as const)('%s %s drops rules: %s', (kind, version, drops) => {
  expect(needsNames({ kind, version })).toBe(drops);
});

const capabilities = (option: string): unknown =>
  hostConfig(privileges, { kind: 'podman', securityOptions: [option] }).CapAdd;

test('labels that the policy of the building kernel lacks need a capability of their own, with SELinux only', () => {
  expect(capabilities('name=selinux')).toEqual(['SYS_ADMIN', 'MAC_ADMIN']);
  expect(capabilities('name=apparmor')).toEqual(['SYS_ADMIN']);
});
