import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cpio } from './cpio.ts';
import { CHANNEL_PORT, JOURNAL_PORT, unit } from './credentials.ts';

/** In the initramfs; what it holds is copied to the same place under /run, which moves on to the real root. */
const HOME = 'vmt-agent';

/**
 * An initramfs to put before an image's own, for guests whose systemd knows no credentials from the firmware. Before the
 * switch to the real root, a unit of the initrd puts our units into /run/systemd/system, where the root's systemd finds
 * them; nothing is written to the root itself. It needs an initrd that systemd runs, as dracut makes them.
 */
export function injectedInitrd(nonce: string): Buffer {
  const agent = readFileSync(join(import.meta.dirname, 'agent.sh'));
  const start = `/bin/sh /run/${HOME}/agent.sh`;
  const units: [name: string, text: string][] = [
    ['vmt-channel.service', unit('command channel', `${start} channel ${CHANNEL_PORT} ${nonce}`)],
    ['vmt-journal.service', unit('journal stream', `${start} journal ${JOURNAL_PORT}`)],
  ];
  const directories = [HOME, 'etc', 'etc/systemd', 'etc/systemd/system', 'etc/systemd/system/initrd.target.wants'];
  return cpio([
    ...directories.map((path) => ({ path })),
    { path: `${HOME}/agent.sh`, content: agent },
    ...units.map(([name, content]) => ({ path: `${HOME}/${name}`, content })),
    { path: `${HOME}/inject.sh`, content: INJECT },
    { path: 'etc/systemd/system/vmt-inject.service', content: INJECT_UNIT },
    { path: 'etc/systemd/system/initrd.target.wants/vmt-inject.service', link: '../vmt-inject.service' },
  ]);
}

const INJECT = `mkdir -p /run/${HOME} /run/systemd/system/sysinit.target.wants
cp /${HOME}/agent.sh /run/${HOME}/agent.sh
for unit in vmt-channel.service vmt-journal.service; do
  cp /${HOME}/$unit /run/systemd/system/$unit
  ln -s ../$unit /run/systemd/system/sysinit.target.wants/$unit
done
`;

const INJECT_UNIT = `[Unit]
Description=VM tester: hand the agent to the root
DefaultDependencies=no
Before=initrd.target initrd-parse-etc.service initrd-cleanup.service initrd-switch-root.target
ConditionPathExists=/etc/initrd-release

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh /${HOME}/inject.sh
`;
