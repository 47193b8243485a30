// oxlint-disable vitest/expect-expect -- the machine's verbs assert: they throw when the guest does not comply
import { setTimeout as sleep } from 'node:timers/promises';
import { countColours } from '@phyllome/vm-tester';
import type { Machine } from '@phyllome/vm-tester';
import { describe, expect, test } from 'vitest';

/** Under TCG a GNOME session takes minutes: multiplied with the host's timeScale, this is enough. */
const SESSION_MS = 60_000;

/** A text console has a few colours, a GNOME desktop hundreds. */
const PAINTED_COLOURS = 64;
const LOOK_EVERY_MS = 2_000;

/** What a desktop shows: a display manager, and the liveuser's GNOME session without being asked. */
export function desktopChecks(vm: () => Machine): void {
  describe('desktop', () => {
    test('the display manager is up', async () => {
      await vm().waitForUnit('display-manager.service', { timeoutMs: SESSION_MS });
    });

    test('the liveuser is logged in to GNOME', async () => {
      await vm().waitUntilSucceeds('pgrep --uid liveuser --exact gnome-shell', { timeoutMs: SESSION_MS });
      expect(await vm().succeed('loginctl list-sessions --no-legend')).toContain('liveuser');
    });

    test('the desktop is painted', async () => {
      const deadline = performance.now() + SESSION_MS * vm().host.timeScale;
      let colours = 0;
      while (colours < PAINTED_COLOURS && performance.now() < deadline) {
        colours = countColours(await vm().screen());
        await sleep(LOOK_EVERY_MS);
      }
      await vm().screenshot('desktop');
      expect(colours).toBeGreaterThanOrEqual(PAINTED_COLOURS);
    });

    test("GNOME's own first-boot assistant stays away", async () => {
      await vm().fail('pgrep --full gnome-initial-setup');
    });
  });
}
