import type { Action } from './action.ts';
import { initialSetupActions } from './initial-setup.ts';
import { livesysActions } from './livesys.ts';

/** Fedora's package starts the network with libvirt; Debian's leaves that to the administrator. */
const networkAutostart: Action = {
  do: 'link',
  path: '/etc/libvirt/qemu/networks/autostart/default.xml',
  target: '/etc/libvirt/qemu/networks/default.xml',
};

const effects: Record<string, readonly Action[]> = {
  'initial-setup': initialSetupActions(),
  'libvirt-daemon-config-network': [networkAutostart],
  'libvirt-daemon-kvm': [networkAutostart],
  'livesys-scripts': livesysActions(),
};

/** What some packages of Fedora do to a system and their counterparts do not. Each action once. */
export const packageEffects = (packages: readonly string[]): Action[] => [
  ...new Set(packages.flatMap((name) => (Object.hasOwn(effects, name) ? (effects[name] ?? []) : []))),
];
