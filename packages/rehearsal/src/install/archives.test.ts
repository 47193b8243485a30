import { expect, test } from 'vitest';
import { archiveOf, leavesOutUpdates, releaseOnlyPreferences } from './archives.ts';

function command(text: string) {
  const [name = '', ...args] = text.split(' ');
  return { name, args, text, line: 1 };
}

test.each([
  ['url --mirrorlist=https://m.example/mirrorlist?repo=fedora-44&arch=x86_64', 'release'],
  ['url --metalink=https://m.example/metalink?arch=x86_64&repo=fedora-44', 'release'],
  ['url --url=https://m.example/pub/linux/releases/44/Everything/x86_64/os/', 'release'],
  ['url --url=https://m.example/linux/development/rawhide/Everything/x86_64/os/', 'release'],
  ['repo --name=fedora', 'release'],
  ['repo --name=fedora-44-updates --mirrorlist=https://m.example/?repo=updates-released-f44&arch=x86_64', 'updates'],
  ['repo --name=u --baseurl=https://m.example/linux/updates/44/Everything/x86_64/', 'updates'],
  ['repo --name=updates', 'updates'],
  // Its name says nothing where there is an address.
  ['repo --name=updates --baseurl=https://copr.example/somebody', undefined],
  ['repo --name=t --baseurl=https://m.example/linux/updates/testing/44/', undefined],
  ['repo --name=t --mirrorlist=https://m.example/?repo=updates-testing-f44', undefined],
  ['url --url=https://intranet.example/our-own/', undefined],
  ['repo --name=constructor', undefined],
  ['url', undefined],
])('%s: %s', (text, archive) => expect(archiveOf(command(text))).toBe(archive));

test('updates are left out where no repo has them', () => {
  const url = command('url --mirrorlist=https://m.example/?repo=fedora-44');
  const updates = command('repo --name=updates');
  expect(leavesOutUpdates([url, updates])).toBe(false);
  expect(leavesOutUpdates([url, command('repo --name=more --baseurl=http://more.example')])).toBe(true);
});

test('nothing is taken from what came after the release', () => {
  expect(releaseOnlyPreferences()).toBe(`Package: *
Pin: release n=trixie-updates
Pin-Priority: -1

Package: *
Pin: release n=trixie-security
Pin-Priority: -1
`);
});
