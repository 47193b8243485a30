// oxlint-disable vitest/expect-expect -- the machine's verbs assert: they throw when the guest does not comply
import type { Machine } from '@phyllome/vm-tester';
import { describe, expect, test } from 'vitest';

/** Under TCG a GNOME session takes minutes: multiplied with the host's timeScale, this is enough. */
const SESSION_MS = 60_000;

/** What a desktop shows: a display manager, and the liveuser's GNOME session without being asked. */
export function desktopChecks(vm: () => Machine): void {
  describe('desktop', () => {
    test('the display manager is up', async () => {
      await vm().waitForUnit('display-manager.service', { timeoutMs: SESSION_MS });
    });

    test('the liveuser is logged in to GNOME', async () => {
      await vm().waitUntilSucceeds('pgrep --uid liveuser --full gnome-shell', { timeoutMs: SESSION_MS });
      expect(await vm().succeed('loginctl list-sessions --no-legend')).toContain('liveuser');
    });

    test("GNOME's own first-boot assistant stays away", async () => {
      await vm().fail('pgrep --full gnome-initial-setup');
    });

    test('a screenshot is kept', async () => {
      expect(await vm().screenshot('desktop')).toMatch(/desktop\.png$/);
    });
  });
}
