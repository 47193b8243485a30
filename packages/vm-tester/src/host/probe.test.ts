import { describe, expect, test } from 'vitest';
import { judgeProbe } from './accelerator.ts';
import type { ProbeResult } from './accelerator.ts';
import { cpuModel, judgeHost, timeScale } from './probe.ts';
import { PROBE_SECTOR } from './probe-sector.ts';
import { parseQemuVersion } from './qemu.ts';

const QEMU = { path: 'qemu-system-x86_64', version: '10.0.2', major: 10 };
const result = (changes: Partial<ProbeResult>): ProbeResult => ({
  accelerator: 'tcg',
  works: true,
  reason: 'ran the probe sector',
  loopCpuMs: 150,
  ...changes,
});

test('the sector is one that a BIOS boots', () => {
  expect(PROBE_SECTOR.length).toBe(512);
  expect(PROBE_SECTOR.readUInt16LE(510)).toBe(0xaa55);
});

describe('judgeProbe', () => {
  test.each([
    ['SEok', 33, '', { works: true, reason: 'ran the probe sector' }],
    ['SEno', 35, '', { works: false, reason: 'computed the probe sector wrongly' }],
    ['', 1, 'a\nqemu: failed to set MSR 0x10a\n', { works: false, reason: 'qemu: failed to set MSR 0x10a' }],
    ['', 'SIGABRT', '', { works: false, reason: 'QEMU ended with SIGABRT' }],
    ['S', 33, '', { works: false, reason: 'QEMU ended with 33' }],
  ] as const)('%j, exit %s', (output, end, errors, expected) => {
    expect(judgeProbe(output, end, errors)).toEqual(expected);
  });
});

describe('judgeHost', () => {
  test('takes the first accelerator that works and says why not the others', () => {
    const kvm = result({ accelerator: 'kvm', works: false, reason: 'no answer', loopCpuMs: undefined });
    expect(judgeHost(QEMU, [kvm, result({})])).toMatchObject({
      accelerator: 'tcg',
      reason: 'kvm: no answer; tcg: ran the probe sector',
      timeScale: 10,
      warnings: [],
    });
  });

  test('none that works is an error of the host', () => {
    expect(() => judgeHost(QEMU, [result({ works: false })])).toThrow(
      expect.objectContaining({ code: 'ACCELERATOR_BROKEN' }),
    );
  });

  test('an old QEMU warns, goes without cmpxchg16b and gets three times the time', () => {
    const host = judgeHost({ ...QEMU, version: '7.2.22', major: 7 }, [result({})]);
    expect(host).toMatchObject({ cpu: 'max,-cx16', timeScale: 30 });
    expect(host.warnings).toHaveLength(1);
  });
});

test('timeScale follows the loop within limits', () => {
  expect(timeScale(result({ accelerator: 'kvm', loopCpuMs: 12 }))).toBe(1);
  expect(timeScale(result({ loopCpuMs: 300 }))).toBe(20);
  expect(timeScale(result({ loopCpuMs: 1 }))).toBe(10);
  expect(timeScale(result({ loopCpuMs: 60_000 }))).toBe(40);
});

test('cpuModel', () => {
  expect(cpuModel('kvm', 10)).toBe('host');
  expect(cpuModel('tcg', 10)).toBe('qemu64,+ssse3,+sse4.1,+sse4.2,+popcnt');
});

test.each([
  ['QEMU emulator version 10.0.2 (Debian 1:10.0.2+ds-2)\nCopyright', '10.0.2'],
  ['QEMU emulator version 9.2 (qemu-9.2-1.fc42)', '9.2'],
  ['command not found', undefined],
])('parseQemuVersion %j', (text, version) => {
  expect(parseQemuVersion(text)).toBe(version);
});
