// oxlint-disable vitest/expect-expect -- the machine's verbs assert: they throw when the guest does not comply
import type { Machine } from '@phyllome/vm-tester';
import { describe, expect, test } from 'vitest';
import type { Edition } from '../edition.ts';
import { skipBecause } from '../skip.ts';

/** What only an edition made of Fedora's packages can show. */
export function fedoraChecks(vm: () => Machine, edition: Edition): void {
  describe('Fedora', () => {
    test('SELinux is enforcing', async (context) => {
      if (edition.rehearsal) skipBecause(context, 'a rehearsal has no SELinux policy');
      expect(await vm().succeed('getenforce')).toBe('Enforcing');
    });

    test("Fedora's trademarks are replaced by the generic set", async (context) => {
      if (edition.rehearsal) skipBecause(context, 'a rehearsal has no rpm packages');
      await vm().succeed('rpm --query generic-release generic-logos fedora-remix-logos');
      await vm().fail('rpm --query fedora-release');
      await vm().fail('rpm --query fedora-logos');
    });

    test('only multicast DNS is let through the firewall', async (context) => {
      if (edition.rehearsal) skipBecause(context, "a rehearsal's firewall has Debian's default zone");
      await vm().waitForUnit('firewalld.service');
      await vm().succeed('firewall-cmd --query-service=mdns');
    });
  });
}
