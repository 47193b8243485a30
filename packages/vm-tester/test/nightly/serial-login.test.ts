import { expect, test } from '@phyllome/vm-tester/vitest';
import { startMachine } from '../../src/index.ts';
import { goodIso } from '../good-iso.ts';

test('a guest is reached by a login on the serial console, again after a reboot', async () => {
  const iso = await goodIso();
  await using machine = await startMachine({ image: { iso }, instrument: 'serial-login', queue: true });
  await expect(await machine.boot()).toBeAccepted();
  expect(machine.instrument).toBe('serial-login');
  expect(await machine.succeed('id -u')).toBe('0');
  await machine.settle();
  const before = await machine.succeed('cat /proc/sys/kernel/random/boot_id');
  await expect(await machine.reboot()).toBeAccepted();
  expect(await machine.succeed('cat /proc/sys/kernel/random/boot_id')).not.toBe(before);
  // As a guest without systemd is: asked for what it knows, and ended by its own command.
  await machine.succeed('cp --remove-destination /bin/systemctl /sbin/poweroff && rm /bin/systemctl');
  await expect(machine).toBeAccepted();
  expect(machine.findings.map(({ evidence }) => evidence.detector)).toContain('is-system-running');
});
