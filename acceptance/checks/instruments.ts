import { randomBytes } from 'node:crypto';
import type { Machine } from '@phyllome/vm-tester';
import { describe, expect, test } from 'vitest';

/** Every other check rests on these verbs: each with its failing twin, in a real guest. */
export function instrumentChecks(vm: () => Machine, waitsFor: readonly string[]): void {
  describe('instruments', () => {
    test('exit status, output and errors arrive apart', async () => {
      const { exitCode, stdout, stderr } = await vm().execute('echo out; echo err >&2; exit 3');
      expect([exitCode, String(stdout), String(stderr)]).toEqual([3, 'out\n', 'err\n']);
    });

    test('any bytes come through both ways', async () => {
      const bytes = randomBytes(1 << 20);
      await vm().writeFile('/run/vmt-test', bytes);
      expect((await vm().readFile('/run/vmt-test')).equals(bytes)).toBe(true);
      await vm().succeed('rm /run/vmt-test');
      await expect(vm().readFile('/run/vmt-test')).rejects.toMatchObject({ code: 'COMMAND_FAILED' });
    });

    test('succeed and fail say when it is the other way round', async () => {
      await expect(vm().succeed('false')).rejects.toMatchObject({ code: 'COMMAND_FAILED' });
      await expect(vm().fail('true')).rejects.toMatchObject({ code: 'COMMAND_SUCCEEDED' });
    });

    test('a command is killed with its children when its time is over, and others run on', async () => {
      await expect(vm().execute('sleep 98765 & wait', { timeoutMs: 20 })).rejects.toMatchObject({
        code: 'GUEST_TIMEOUT',
      });
      await vm().waitUntilSucceeds('! pgrep --full "sleep 9876[5]"');
    });

    test('a machine is set back to its snapshot, and what ran is lost', async () => {
      const snapshot = await vm().snapshot();
      const lost = vm()
        .execute('sleep 98764')
        .catch((error: unknown) => error);
      await vm().succeed('touch /run/vmt-later');
      await vm().restore(snapshot);
      expect(await lost).toMatchObject({ code: 'GUEST_UNREACHABLE' });
      await vm().fail('test -e /run/vmt-later || pgrep --full "sleep 9876[4]"');
    });

    test('waiting for a unit ends at once when nothing is going to start it', async () => {
      await expect(vm().waitForUnit('no-such-thing.service', { waitsFor })).rejects.toMatchObject({
        code: 'UNIT_FAILED',
      });
    });

    test('waiting for a file ends when the time is over', async () => {
      await expect(vm().waitForFile('/run/never', { timeoutMs: 20 })).rejects.toMatchObject({ code: 'WAIT_TIMEOUT' });
    });
  });
}
