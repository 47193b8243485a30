import { describe, expect, test } from 'vitest';
import type { KickstartCommand } from './kickstart.ts';
import { valueRefusals } from './values.ts';

const command = (name: string, ...args: string[]): KickstartCommand => ({
  name,
  args,
  text: [name, ...args].join(' '),
  line: 7,
});
const refused = (name: string, ...args: string[]): string[] =>
  valueRefusals({ commands: [command(name, ...args)], sections: [] });

describe('valueRefusals', () => {
  test.each([
    ['network', '--hostname=a b'],
    ['network', '--hostname=a;reboot'],
    ['network', '--hostname=a\nb'],
    ['network', `--hostname=${'a'.repeat(64)}`],
    ['network', '--hostname=-a'],
    ['timezone', '../../etc/shadow'],
    ['timezone', 'Europe/../../../etc/shadow'],
    ['timezone', '/etc/shadow'],
    ['timezone', 'UTC', '--ntpservers=a,b c'],
    ['lang', "fr_CH.UTF-8'; reboot"],
    ['lang', 'fr_CH"'],
    ['lang', 'fr_CH.UTF-8', '--addsupport=../x'],
    ['keyboard', 'us"; x'],
    ['keyboard', '--xlayouts=us,$(id)'],
    ['user', '--name=-a'],
    ['user', '--name=a:b'],
    ['user', '--name=a', '--homedir=/home/../../etc'],
    ['user', '--name=a', '--gecos=a:0:0'],
    ['user', '--name=a', '--uid=0x0'],
    ['user', '--name=a', '--groups=wheel,a b'],
    ['group', '--name=a b'],
    ['services', '--enabled=--now'.replace('--now', 'a b')],
    ['timesource', '--ntp-server=a\nb'],
    ['bootloader', '--append=quiet;reboot'],
    ['bootloader', '--location=none', '--append=x=$root'],
    ['bootloader', '--append="a b"'],
  ])('refuses %s %s', (name, ...args) => {
    expect(refused(name, ...args)).toEqual([
      expect.stringMatching(/^The following problem occurred on line 7 .* is not a /u),
    ]);
  });

  test.each([
    ['network', '--hostname=phyllome-1.example.org'],
    ['network', '--bootproto=dhcp'],
    ['timezone', 'America/Argentina/Buenos_Aires', '--utc'],
    ['timezone', 'Etc/GMT+5'],
    ['lang', 'ca_ES.UTF-8@valencia', '--addsupport=de_DE.UTF-8,C.UTF-8'],
    ['keyboard', '--vckeymap=ch-fr', '--xlayouts=ch (fr),us', '--switch=grp:alt_shift_toggle'],
    ['user', '--name=ada', '--groups=wheel,builders(1500)', '--gecos=Ada Lovelace', '--homedir=/srv/ada..b'],
    ['services', '--enabled=getty@tty1.service,sshd'],
    ['timesource', '--ntp-server=2001:db8::1'],
    ['bootloader', '--location=none', '--append=intel_iommu=on iommu=pt'],
  ])('lets %s %s go', (name, ...args) => {
    expect(refused(name, ...args)).toEqual([]);
  });

  test('looks at where a certificate goes', () => {
    const sections = [{ name: '%certificate', args: ['--dir=/etc/../../x', '--filename=a'], body: '', line: 3 }];
    expect(valueRefusals({ commands: [], sections })).toHaveLength(1);
  });
});
