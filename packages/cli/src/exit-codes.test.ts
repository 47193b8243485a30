import { DeployError } from '@phyllome/deploy';
import { KickstartError } from '@phyllome/flattener';
import { IsoBuildError } from '@phyllome/iso-builder';
import { RehearsalError } from '@phyllome/rehearsal';
import { VmTesterError } from '@phyllome/vm-tester';
import { expect, test } from 'vitest';
import { CliError } from './errors.ts';
import { exitCodeOf } from './exit-codes.ts';
import { explain } from './explain.ts';
import { firstError } from '@phyllome/host';
import { Interrupted } from './interrupt.ts';

test.each([
  [new CliError('UNKNOWN_EDITION', 'x', { hint: '' }), 2],
  [new CliError('FLAT_STALE', 'x', { hint: '' }), 1],
  [new DeployError('DISK_EXISTS', 'x', { hint: '' }), 2],
  [new DeployError('NAME_INVALID', 'x', { hint: '' }), 2],
  [new IsoBuildError('ENGINE_LOST', 'x', { hint: '' }), 3],
  [new IsoBuildError('ISO_TRUNCATED', 'x', { hint: '' }), 1],
  [new VmTesterError('QEMU_MISSING', 'x', { hint: '' }), 3],
  [new VmTesterError('ALLOW_INVALID', 'x', { hint: '' }), 2],
  [new KickstartError('KS_CONFLICT', 'x', { hint: '', diagnostics: [] }), 1],
  [new KickstartError('LINT_CONFIG_INVALID', 'x', { hint: '', diagnostics: [] }), 2],
  // What the machine lacks, whichever builder it lacks it for.
  [new RehearsalError('REHEARSAL_MMDEBSTRAP_MISSING', 'x', { hint: '' }), 3],
  [new RehearsalError('REHEARSAL_MIRROR_UNREACHABLE', 'x', { hint: '' }), 3],
  [new RehearsalError('REHEARSAL_KEYRING_MISSING', 'x', { hint: '' }), 3],
  [new RehearsalError('REHEARSAL_DISK_FULL', 'x', { hint: '' }), 3],
  [new RehearsalError('REHEARSAL_CACHE_UNWRITABLE', 'x', { hint: '' }), 3],
  [new RehearsalError('REHEARSAL_ROOTFS_FAILED', 'x', { hint: '' }), 1],
  [new Interrupted('SIGINT'), 130],
  [new Interrupted('SIGTERM'), 143],
  [new Error('a mistake of ours'), 1],
])('%o exits with %i', (error, code) => {
  expect(exitCodeOf(error)).toBe(code);
});

async function failTwice(): Promise<void> {
  await using stack = new AsyncDisposableStack();
  stack.defer(() => Promise.reject(new Error('the engine is gone')));
  throw new CliError('NO_IMAGE', 'no ISO', { hint: 'build it' });
}

test('what is reported is what failed first, not that the clean-up after it failed as well', async () => {
  const error = await failTwice().catch(firstError);
  expect(exitCodeOf(error)).toBe(2);
  expect(explain(error, undefined)).toContain('error[NO_IMAGE] no ISO');
});
