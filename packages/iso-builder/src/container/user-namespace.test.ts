import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { firstId, userNamespaceFor } from './user-namespace.ts';

const privileges = { capDrop: ['ALL'], capAdd: [], loopDevices: false, hostDev: false, unconfined: true };
const podman = { kind: 'podman', local: true } as const;

let files: [string, string];
beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), 'subuid-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  files = [join(folder, 'subuid'), join(folder, 'subgid')];
  writeFileSync(files[0], 'ada:100000:65536\ncontainers:200000:65536\n');
  writeFileSync(files[1], 'containers:300000:131072\n');
});

test('Podman of root gives a container ids of its own, always the same', async () => {
  expect(
    await userNamespaceFor(podman, { privileges }, { info: { SecurityOptions: ['name=seccomp'] }, files }),
  ).toEqual({
    mode: 'auto:size=65536,uidmapping=0:200000:65536,gidmapping=0:300000:65536',
  });
});

describe('it is not asked for', () => {
  test.each([
    ['of Docker', { ...podman, kind: 'docker' } as const, privileges, {}],
    ['of an engine elsewhere, whose files are others', { ...podman, local: false }, privileges, {}],
    ['of one that has it by itself', podman, privileges, { SecurityOptions: ['name=seccomp', 'name=rootless'] }],
    ['of one without root that says so in a field of its own', podman, privileges, { Rootless: true }],
    ["for loop devices, which are the host's", podman, { ...privileges, loopDevices: true }, {}],
    ["with the host's /dev", podman, { ...privileges, hostDev: true }, {}],
  ])('%s', async (_, engine, rights, info) => {
    expect(await userNamespaceFor(engine, { privileges: rights }, { info, files })).toBeUndefined();
  });

  test('where one of the files reserves nothing', async () => {
    for (const path of files) {
      writeFileSync(path, 'ada:100000:65536\n');
      expect(await userNamespaceFor(podman, { privileges }, { info: {}, files })).toBeUndefined();
    }
    const none: [string, string] = ['/nowhere/subuid', '/nowhere/subgid'];
    expect(await userNamespaceFor(podman, { privileges }, { info: {}, files: none })).toBeUndefined();
  });
});

test.each([
  ['containers:2147483647:2147483648', 2_147_483_647],
  ['ada:1:65536\n containers:5:65536 \n', 5],
  ['containers:100000:1000\ncontainers:200000:65536', 200_000],
  ['containers:100000:65535', undefined],
  ['containers:0:65536', undefined],
  ['containers:x:65536', undefined],
  ['containers:1e5:65536', undefined],
  ['notcontainers:100000:65536', undefined],
  ['containers', undefined],
  ['', undefined],
])('%j reserves from %s on', (text, first) => {
  expect(firstId(text)).toBe(first);
});
