import { expect, test } from 'vitest';
import {
  architectures,
  editionArchitecture,
  foreignArchitecture,
  grubPlatform,
  removableLoader,
} from './architecture.ts';

test('a machine of another architecture hears what it cannot do, and what it can', () => {
  expect(foreignArchitecture(editionArchitecture.name)).toBeUndefined();
  const { cannot, can } = foreignArchitecture('aarch64') ?? { cannot: '', can: '' };
  expect(cannot).toBe('this machine is aarch64, and editions are for x86_64');
  expect(can).toMatch(/DOCKER_HOST=ssh.*flatten.*verify.*emulator/u);
});

test.each([
  ['x86_64', 'BOOTX64.EFI', 'x86_64-efi', 'qemu-system-x86_64'],
  ['aarch64', 'BOOTAA64.EFI', 'arm64-efi', 'qemu-system-aarch64'],
] as const)('%s: %s, %s, %s', (name, loader, platform, qemu) => {
  const architecture = architectures[name];
  expect([removableLoader(architecture), grubPlatform(architecture), architecture.qemu]).toEqual([
    loader,
    platform,
    qemu,
  ]);
  expect(architecture.name).toBe(name);
});

test('this machine is called in the table what Node and its kernel call it', async () => {
  const { machine } = await import('node:os');
  const row = Object.values(architectures).find(({ name }) => name === machine());
  expect(row === undefined || row.node === process.arch).toBe(true);
});
