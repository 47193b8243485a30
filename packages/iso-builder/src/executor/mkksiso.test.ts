import { expect, test } from 'vitest';
import { IsoBuildError } from '../errors.ts';
import { checkMenuText, mkksisoArgv } from './mkksiso.ts';

const usual = {
  ks: '/phyllome/flat.cfg',
  volid: 'Phyllome-dhi-44',
  replace: [{ from: 'set timeout=60', to: 'set timeout=-1' }],
  input: '/phyllome/installer.iso',
  output: '/phyllome/result/phyllome-dhi-44.iso',
};

test('mkksiso gets its options, then the two images', () => {
  expect(mkksisoArgv({ ...usual, cmdline: 'inst.text console=ttyS0' })).toEqual([
    '--ks=/phyllome/flat.cfg',
    '--volid=Phyllome-dhi-44',
    '--cmdline=inst.text console=ttyS0',
    '--replace',
    'set timeout=60',
    'set timeout=-1',
    '/phyllome/installer.iso',
    '/phyllome/result/phyllome-dhi-44.iso',
  ]);
  expect(mkksisoArgv(usual).join(' ')).not.toContain('--cmdline');
});

/** The code that it is refused with, if it is. */
function refused(work: () => unknown): unknown {
  try {
    work();
    return undefined;
  } catch (error) {
    return error instanceof IsoBuildError ? error.code : error;
  }
}

test('what a boot menu would obey is refused', () => {
  expect(refused(() => mkksisoArgv({ ...usual, cmdline: 'quiet; halt' }))).toBe('OPTION_INVALID');
  expect(refused(() => checkMenuText("Phyllome' { reboot }"))).toBe('OPTION_INVALID');
  expect(refused(() => checkMenuText('Phyllome OS dhi'))).toBeUndefined();
});
