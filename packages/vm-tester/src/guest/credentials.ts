import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const CHANNEL_PORT = 'vmt.0';
export const JOURNAL_PORT = 'vmt.1';

/** `%d` is the directory of the unit's credentials. */
const START = '/bin/sh %d/vmt.agent';
const CREDENTIAL = 'ImportCredential=vmt.agent\n';

/**
 * The strings for SMBIOS table 11 that put our agent into an unmodified image: PID 1 of systemd ≥ 256 imports
 * them as credentials, writes extra units from some of them, and finds a drop-in that starts these units early
 * (systemd.system-credentials(7)). One string a file; QEMU reads each with `-smbios type=11,path=`.
 */
export function oemStrings(nonce: string): string[] {
  const agent = readFileSync(join(import.meta.dirname, 'agent.sh'));
  const credentials: [name: string, value: string | Buffer][] = [
    ['vmt.agent', agent],
    [
      'systemd.extra-unit.vmt-channel.service',
      unit('command channel', `${START} channel ${CHANNEL_PORT} ${nonce}`, CREDENTIAL),
    ],
    [
      'systemd.extra-unit.vmt-journal.service',
      // No unit's start waits for it.
      unit('journal stream', `${START} journal ${JOURNAL_PORT}`, `${CREDENTIAL}Nice=5\n`),
    ],
    ['systemd.unit-dropin.sysinit.target', '[Unit]\nWants=vmt-channel.service vmt-journal.service\n'],
  ];
  return credentials.map(
    ([name, value]) => `io.systemd.credential.binary:${name}=${Buffer.from(value).toString('base64')}`,
  );
}

/**
 * Not in the initrd: there the port would be taken from the real root's agent. No default dependencies, because
 * the channel must be there while everything else still starts, and while it stops.
 */
export function unit(description: string, command: string, settings = ''): string {
  return `[Unit]
Description=VM tester: ${description}
DefaultDependencies=no
ConditionPathExists=!/etc/initrd-release
IgnoreOnIsolate=yes
StartLimitIntervalSec=0

[Service]
${settings}ExecStart=${command}
Restart=always
RestartSec=1
OOMScoreAdjust=-900
TimeoutStopSec=1
StandardOutput=null
`;
}
