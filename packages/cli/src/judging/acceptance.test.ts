import { resolve } from 'node:path';
import { traitsOf } from '@phyllome/pipeline';
import { configOf } from '@phyllome/pipeline/config/load';
import { expect, test } from 'vitest';
import { applicable, colours, readCatalogue } from './acceptance.ts';

const root = resolve(import.meta.dirname, '../../../..');
const catalogue = await readCatalogue({ root });
const words = configOf({ root });

const everywhere =
  'units coredumps os-release branding hostname locale network names login clock timers no-ssh firewall selinux ' +
  'trademarks zram machine-id';
const console = 'multi-user';
const desktop = 'graphical fonts sound power-profile';
/** What nano does without. */
const whole = 'guest-agent manuals languages';
const machine = 'microcode';
const live = 'live-root media-check temporary-files liveuser passwords livesys-hostname';
const install = 'root-locked partitions kernel-arguments no-leftovers boot-order second-boot';
const session = 'session desktop no-assistant installer';
const hypervisor = 'libvirt default-network host-devices iso-pool kvm nested-guest autostart';
const intel = 'intel-arguments nesting vfio iommu-groups intel-graphics';
const amd = 'amd-arguments nesting vfio iommu-groups';

test.each([
  ['l', [everywhere, console, whole, live]],
  ['ln', [everywhere, console, live, 'package-budget']],
  ['ls', [everywhere, console, whole, machine, live]],
  ['lsh', [everywhere, console, whole, machine, live, hypervisor]],
  ['lshi', [everywhere, console, whole, machine, live, hypervisor, intel]],
  ['lsha', [everywhere, console, whole, machine, live, hypervisor, amd]],
  ['ld', [everywhere, desktop, whole, machine, live, session]],
  ['ldh', [everywhere, desktop, whole, machine, live, session, hypervisor, 'virt-manager virt-manager-window']],
  ['ldhi', [everywhere, desktop, whole, machine, live, session, hypervisor, 'virt-manager virt-manager-window', intel]],
  ['ldha', [everywhere, desktop, whole, machine, live, session, hypervisor, 'virt-manager virt-manager-window', amd]],
  ['n', [everywhere, console, install, 'console-setup first-boot package-budget']],
  ['s', [everywhere, console, whole, machine, install, 'console-setup first-boot']],
  [
    's-encrypted',
    [everywhere, console, whole, machine, install, 'console-setup first-boot encryption luks-parameters'],
  ],
  ['sha', [everywhere, console, whole, machine, install, 'console-setup first-boot', hypervisor, amd]],
  ['d', [everywhere, desktop, whole, machine, install, 'gnome-first-boot gnome-setup']],
  [
    'dhi',
    [
      everywhere,
      desktop,
      whole,
      machine,
      install,
      'gnome-first-boot gnome-setup',
      hypervisor,
      'virt-manager virt-manager-window',
      intel,
    ],
  ],
])('%s has the checks that its letters ask for', (leaf, ids) => {
  expect(
    applicable(catalogue, traitsOf(leaf, words))
      .map(({ id }) => id)
      .toSorted(),
  ).toEqual(ids.join(' ').split(' ').toSorted());
});

test('a check that applies to no edition would never be made', () => {
  const leaves = ['lsh', 'ldhi', 'ldha', 'ln', 'dhi-encrypted', 'n-encrypted'];
  const made = new Set(leaves.flatMap((leaf) => applicable(catalogue, traitsOf(leaf, words))));
  expect(catalogue.filter((entry) => !made.has(entry))).toEqual([]);
});

test('what the specs say in a file or a pipe has no colours, unless they are asked for', () => {
  expect(colours({}, false)).toEqual({ NO_COLOR: '1' });
  expect(colours({}, true)).toEqual({ FORCE_COLOR: '1' });
  expect(colours({ FORCE_COLOR: 'true' }, false)).toEqual({});
  expect(colours({ CI: 'true' }, false)).toEqual({});
});
