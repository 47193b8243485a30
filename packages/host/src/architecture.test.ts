import { expect, test } from 'vitest';
import { editionArchitecture, foreignArchitecture } from './architecture.ts';

test('a machine of another architecture hears what it cannot do, and what it can', () => {
  expect(foreignArchitecture(editionArchitecture)).toBeUndefined();
  const { cannot, can } = foreignArchitecture('aarch64') ?? { cannot: '', can: '' };
  expect(cannot).toBe('this machine is aarch64, and editions are for x86_64');
  expect(can).toMatch(/to build editions.*flatten.*emulator/u);
});
