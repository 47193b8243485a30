import { expect, test } from 'vitest';
import { machineCommandLine } from './command-line.ts';

const options = {
  host: { accelerator: 'tcg', cpu: 'qemu64' },
  cpus: 2,
  memoryMiB: 1024,
  kernel: '/k',
  initramfs: '/i',
  disks: [
    { name: 'image', file: '/a,b', readOnly: true },
    { name: 'output', file: '/o', readOnly: false },
  ],
  network: false,
} as const;

test('disks keep their names, whatever is in those of their files', () => {
  const argv = machineCommandLine(options);
  const disks = argv.filter((_, at) => argv[at - 1] === '-blockdev').map((text): unknown => JSON.parse(text));
  expect(disks).toMatchObject([
    { 'node-name': 'image', 'read-only': true, file: { filename: '/a,b' } },
    { 'node-name': 'output', 'read-only': false, file: { filename: '/o' } },
  ]);
});

test('there is a network only where it is needed', () => {
  expect(machineCommandLine(options).join(' ')).toContain('-nic none');
  expect(machineCommandLine(options).join(' ')).not.toContain('virtio-net');
  expect(machineCommandLine({ ...options, network: true }).join(' ')).toContain('-netdev user,');
});

test('nothing of the host but files and descriptors is named', () => {
  const words = machineCommandLine(options).join(' ');
  expect(words).toContain('-nodefaults -no-user-config');
  expect(words).toContain('spawn=deny');
  expect(words).not.toMatch(/virtfs|fsdev|vfio|usb-|hostdev|-device vhost/u);
});
