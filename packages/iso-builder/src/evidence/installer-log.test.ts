import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseInstallerLog } from './installer-log.ts';

const recorded = (name: string): string =>
  readFileSync(join(import.meta.dirname, '..', '..', 'test', 'recorded', 'packages', name), 'utf8');

const three = [
  { name: 'bash', version: '5.2.37-3.fc44', arch: 'x86_64' },
  { name: 'shim-x64', version: '15.8-3', arch: 'x86_64' },
  { name: 'vim-data', version: '2:9.1.1000-1.fc44', arch: 'noarch' },
];

test.each(['dnf.rpm.log', 'packaging-dnf4.log', 'packaging-dnf5.log'])('%s names every package once', (name) => {
  expect(parseInstallerLog(recorded(name))).toEqual(three);
});

test('an epoch of 0 is none', () => {
  expect(parseInstallerLog('INF packaging: Installing - dbus-0:1.16.0-1.fc44.x86_64')).toEqual([
    { name: 'dbus', version: '1.16.0-1.fc44', arch: 'x86_64' },
  ]);
});

test('a name may look like a version', () => {
  expect(parseInstallerLog('SUBDEBUG Installed: java-21-openjdk-1:21.0.5.0.11-1.fc44.x86_64')).toEqual([
    { name: 'java-21-openjdk', version: '1:21.0.5.0.11-1.fc44', arch: 'x86_64' },
  ]);
});

test('lines that only mention an installation name none', () => {
  const lines = [
    'Installing bash.x86_64 (579/1741)',
    'Installed: 3 packages',
    'INF Installing - nothing',
    'Installing -',
  ];
  expect(parseInstallerLog(lines.join('\n'))).toEqual([]);
});
