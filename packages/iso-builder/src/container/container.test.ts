import { expect, test } from 'vitest';
import { hostConfig, limitsOf } from './container.ts';

const privileges = {
  capDrop: [],
  capAdd: ['SYS_ADMIN'],
  deviceCgroupRules: ['b 7:* rmw'],
  hostDev: true,
  unconfined: true,
};

test('never privileged, and only what the builder asks for', () => {
  expect(hostConfig(privileges, 'docker', ['name=seccomp,profile=default'])).toEqual({
    CapDrop: [],
    CapAdd: ['SYS_ADMIN'],
    DeviceCgroupRules: ['b 7:* rmw'],
    Binds: ['/dev:/dev'],
    SecurityOpt: [],
    LogConfig: { Type: 'json-file', Config: {} },
    RestartPolicy: { Name: 'no' },
  });
});

test("a builder that lists all of its capabilities gets none of the engine's", () => {
  expect(hostConfig({ ...privileges, capDrop: ['ALL'], capAdd: ['CHOWN'] }, 'docker', [])).toMatchObject({
    CapDrop: ['ALL'],
    CapAdd: ['CHOWN'],
  });
});

test.each([
  ['AppArmor', ['name=apparmor'], ['apparmor=unconfined']],
  ['SELinux', ['name=seccomp,profile=default', 'name=selinux'], ['label=disable']],
  ['neither', ['name=seccomp,profile=default', 'name=rootless'], []],
])('the confinement of %s is lifted where the engine has it, and the builder needs it', (_, engine, lifted) => {
  expect(hostConfig(privileges, 'podman', engine).SecurityOpt).toEqual(lifted);
  expect(hostConfig({ ...privileges, unconfined: false }, 'podman', engine).SecurityOpt).toEqual([]);
});

test('Podman gets limits that it may set', () => {
  expect(hostConfig(privileges, 'podman', [])).toMatchObject({
    LogConfig: { Type: 'k8s-file' },
    Ulimits: [{ Name: 'nofile' }, { Name: 'nproc' }],
  });
});

test('caches are volumes, never folders of the engine', () => {
  const caches = [{ name: 'phyllome-x', path: '/var/cache/x' }];
  expect(hostConfig({ ...privileges, hostDev: false }, 'docker', [], caches).Binds).toEqual([
    'phyllome-x:/var/cache/x',
  ]);
});

test('a share of the memory that the engine tells of is the limit, and none where it tells nothing', () => {
  expect(limitsOf({ processes: 100, memoryShare: 0.5 }, 1000)).toEqual({
    PidsLimit: 100,
    Memory: 500,
    MemorySwap: 500,
  });
  expect(limitsOf({ processes: 100, memoryShare: 0.5 }, undefined)).toEqual({ PidsLimit: 100 });
});
