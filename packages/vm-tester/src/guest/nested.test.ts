import { expect, test } from 'vitest';
import { probeNested } from './nested.ts';

/** A guest that answers by table: a piece of the command, and what it prints. */
function guest(answers: [piece: string, stdout: string, exitCode?: number][]) {
  return {
    host: { accelerator: 'tcg' as const },
    writeFile: () => Promise.resolve(),
    execute: (command: string | string[]) => {
      const [, stdout = '', exitCode = 0] = answers.find(([piece]) => [command].flat().join(' ').includes(piece)) ?? [];
      return Promise.resolve({ exitCode, stdout: Buffer.from(stdout), stderr: Buffer.alloc(0) });
    },
  };
}

const HYPERVISOR: Parameters<typeof guest>[0] = [
  ['cpuinfo', 'svm\n'],
  ['test -c /dev/kvm', ''],
  ['parameters/nested', '1\n'],
  ['command -v qemu', '/usr/bin/qemu-system-x86_64\n'],
  ['-accel kvm', 'SEok', 33],
  ['iommu_groups', '0\n1\n2\n'],
];

const without = (piece: string, ...instead: Parameters<typeof guest>[0]) => [
  ...instead,
  ...HYPERVISOR.filter(([key]) => key !== piece),
];

test('a guest that can have guests', async () => {
  expect(await probeNested(guest(HYPERVISOR))).toEqual({
    virtualisation: { answer: 'yes', detail: 'svm' },
    kvm: { answer: 'yes', detail: '/dev/kvm opens' },
    nested: { answer: 'yes', detail: 'nested is 1' },
    guest: { answer: 'yes', detail: 'a guest ran the probe sector' },
    iommu: { answer: 'yes', detail: '3 groups' },
  });
});

test('a processor without virtualisation: nothing that needs it is judged', async () => {
  const { virtualisation, kvm, nested, guest: inner, iommu } = await probeNested(guest(without('cpuinfo')));
  for (const { answer, detail } of [virtualisation, kvm, nested, inner]) {
    expect(answer).toBe('not judged');
    expect(detail).toContain('without the option nested');
  }
  expect(iommu.answer).toBe('yes');
});

test.each([
  ['test -c /dev/kvm', 1, 'kvm'],
  ['parameters/nested', 0, 'nested'],
  ['-accel kvm', 1, 'guest'],
] as const)('without %s the check fails', async (piece, exitCode, question) => {
  expect((await probeNested(guest(without(piece, [piece, '', exitCode]))))[question].answer).toBe('no');
});

test('a wrong sum in the inner guest is a no; no QEMU for it is not judged', async () => {
  const wrong = await probeNested(guest(without('-accel kvm', ['-accel kvm', 'SEno', 33])));
  expect(wrong.guest).toEqual({ answer: 'no', detail: 'computed the probe sector wrongly' });
  expect((await probeNested(guest(without('command -v qemu')))).guest.answer).toBe('not judged');
});

test('no IOMMU in the machine is not judged; one that the kernel leaves alone is a no', async () => {
  expect((await probeNested(guest(without('iommu_groups')))).iommu.answer).toBe('not judged');
  expect((await probeNested(guest(without('iommu_groups', ['/sys/class/iommu', 'dmar0\n'])))).iommu.answer).toBe('no');
});
