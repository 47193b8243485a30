import { describe, expect, test } from 'vitest';
import type { KickstartCommand } from '../kickstart.ts';
import { markedAsRehearsal } from './identity.ts';
import { planConfiguration } from './plan.ts';

const plan = (commands: [name: string, ...args: string[]][], packages: string[] = [], kind?: 'installed') =>
  planConfiguration(
    {
      commands: commands.map(([name, ...args], index): KickstartCommand => ({
        name,
        args,
        text: [name, ...args].join(' '),
        line: index + 1,
      })),
      sections: [],
    },
    { project: 'Phyllome OS', releasever: '44', packages, ...(kind && { kind }) },
  );

const runs = (result: ReturnType<typeof plan>): string[] =>
  [...result.actions, ...result.users].flatMap((action) => (action.do === 'run' ? [action.argv.join(' ')] : []));

const text = (result: ReturnType<typeof plan>, path: string): string | undefined =>
  result.actions.flatMap((action) => (action.do === 'write' && action.path === path ? [action.text] : [])).at(-1);

describe('planConfiguration', () => {
  test('says in os-release that this is a rehearsal with Debian packages', () => {
    const release = text(plan([]), '/etc/os-release');
    expect(release).toContain('PRETTY_NAME="Phyllome OS 44 (rehearsal: Debian GNU/Linux 13 packages)"');
    expect(release).toContain('VARIANT_ID=rehearsal');
    expect(release).toContain('ID=debian');
  });

  test('says so whatever the scripts called the system, and keeps the rest of what they wrote', () => {
    const branded = 'NAME="Phyllome OS"\nPRETTY_NAME="Phyllome OS 44"\nVARIANT="Desktop"\nVARIANT_ID=d\n';
    expect(markedAsRehearsal(branded, 'Phyllome OS', '44')).toBe(
      'NAME="Phyllome OS"\nVARIANT_ID=d\n' +
        'PRETTY_NAME="Phyllome OS 44 (rehearsal: Debian GNU/Linux 13 packages)"\nVARIANT="Rehearsal of Phyllome OS 44"\n',
    );
  });

  test('asks for the time what the kickstart installs for it: chrony and systemd-timesyncd exclude each other', () => {
    const asking: [string, ...string[]][] = [
      ['timezone', 'UTC', '--ntpservers=own.invalid'],
      ['timesource', '--ntp-pool=pool.invalid', '--nts'],
    ];
    const small = plan(asking);
    expect(small.needs).not.toContain('chrony');
    expect(small.needs).toContain('systemd-timesyncd');
    expect(text(small, '/etc/systemd/timesyncd.conf.d/kickstart-00002.conf')).toBe('[Time]\nNTP=pool.invalid\n');
    expect(small.withoutCounterpart.map(({ text: said }) => said)).toEqual(['timesource --nts']);

    const chrony = plan(asking, ['chrony']);
    expect(chrony.needs).not.toContain('systemd-timesyncd');
    expect(text(chrony, '/etc/chrony/sources.d/kickstart-00001.sources')).toBe('server own.invalid iburst\n');
    expect(text(chrony, '/etc/chrony/sources.d/kickstart-00002.sources')).toBe('pool pool.invalid iburst nts\n');
    expect(chrony.withoutCounterpart).toEqual([]);

    const links = plan([['timesource', '--ntp-disable']], ['chrony']).actions.filter(({ do: kind }) => kind === 'link');
    expect(links).toContainEqual({ do: 'link', path: '/etc/systemd/system/chrony.service', target: '/dev/null' });
  });

  test('sets language, keyboard and time zone', () => {
    const result = plan([
      ['lang', 'en_US.UTF-8'],
      ['keyboard', '--vckeymap=ch-fr', '--xlayouts=ch (fr)'],
      ['timezone', 'Europe/Paris', '--utc'],
      ['network', '--bootproto=dhcp', '--device=link', '--activate'],
    ]);
    expect(text(result, '/etc/locale.conf')).toBe('LANG=en_US.UTF-8\n');
    expect(result.locales).toEqual(['en_US.UTF-8 UTF-8']);
    expect(text(result, '/etc/default/keyboard')).toContain('XKBLAYOUT="ch"\nXKBVARIANT="fr"\n');
    expect(text(result, '/etc/vconsole.conf')).toContain('KEYMAP=ch-fr\n');
    expect(result.actions).toContainEqual({
      do: 'link',
      path: '/etc/localtime',
      target: '/usr/share/zoneinfo/Europe/Paris',
    });
    expect(text(result, '/etc/adjtime')).toBeUndefined();
    expect(result.needs).toEqual(['locales', 'tzdata']);
    expect(result.withoutCounterpart).toEqual([]);
  });

  test('gives the system no name, as anaconda does in a directory, and says so', () => {
    const result = plan([['network', '--bootproto=dhcp', '--hostname=phyllome']]);
    expect(text(result, '/etc/hostname')).toBeUndefined();
    expect(result.withoutCounterpart).toEqual([
      { kind: 'option', text: 'network --hostname=phyllome', line: 1, why: expect.stringContaining('/etc/hostname') },
    ]);
  });

  test('gives it to a system that is installed from a medium, whatever becomes of the addresses', () => {
    const result = plan([['network', '--bootproto=static', '--ip=192.0.2.7', '--hostname=phyllome']], [], 'installed');
    expect(text(result, '/etc/hostname')).toBe('phyllome\n');
    expect(result.withoutCounterpart).toMatchObject([{ kind: 'command', why: expect.stringContaining('static') }]);
    expect(text(plan([['network', '--bootproto=dhcp']], [], 'installed'), '/etc/hostname')).toBeUndefined();
  });

  test('locks root, and sets a password where one is given', () => {
    expect(runs(plan([['rootpw', '--lock']]))).toContain('passwd --lock root');
    expect(plan([['rootpw', '--iscrypted', '$6$x']]).users).toContainEqual({
      do: 'run',
      argv: ['chpasswd', '--encrypted'],
      input: 'root:$6$x\n',
    });
  });

  test('makes users with their groups', () => {
    const made = runs(plan([['user', '--name=ada', '--groups=wheel,libvirt', '--gecos=Ada L.']]));
    expect(made).toContain('groupadd --force --system libvirt');
    expect(made).toContain('useradd --create-home --shell /bin/bash --comment Ada L. --groups wheel,libvirt ada');
  });

  test('makes groups before users, and users before their keys, in whatever order they stand', () => {
    const made = runs(
      plan([
        ['sshkey', '--username=ada', 'k'],
        ['user', '--name=ada'],
        ['group', '--name=g'],
        ['lang', 'C'],
      ]),
    );
    const at = (words: string): number => made.findIndex((argv) => argv.includes(words));
    expect(at('groupadd --force g')).toBeGreaterThan(0);
    expect(at('useradd')).toBeGreaterThan(at('groupadd --force g'));
    expect(at('authorized_keys')).toBeGreaterThan(at('useradd'));
  });

  test('enables units after everything that could bring them, by the names they have in Debian', () => {
    const result = plan(
      [
        ['services', '--enabled=gdm,virtqemud.socket,livesys', '--disabled=sshd'],
        ['timezone', 'UTC'],
      ],
      ['livesys-scripts'],
    );
    expect(runs(result).slice(-5)).toEqual([
      'systemctl disable ssh',
      'systemctl enable gdm3',
      'systemctl enable libvirtd.socket',
      'systemctl enable livesys',
      'systemctl set-default multi-user.target',
    ]);
    expect(text(result, '/usr/libexec/livesys')).toContain('liveuser');
  });

  test('starts in graphics only if told so', () => {
    expect(runs(plan([['xconfig', '--startxonboot']])).at(-1)).toBe('systemctl set-default graphical.target');
    expect(runs(plan([])).at(-1)).toBe('systemctl set-default multi-user.target');
  });

  test('opens the firewall for services, and can do without one', () => {
    expect(runs(plan([['firewall', '--enabled', '--service=mdns', '--port=8080:tcp']]))).toContain(
      'firewall-offline-cmd --service=mdns --port=8080:tcp',
    );
    expect(runs(plan([['firewall', '--disabled']]))).toContain('systemctl disable firewalld');
  });

  test('keeps the kernel arguments for the menu', () => {
    expect(plan([['bootloader', '--location=none', '--append=intel_iommu=on iommu=pt']]).kernelAppend).toBe(
      'intel_iommu=on iommu=pt',
    );
  });

  test('lists what it cannot do, with the line', () => {
    const { withoutCounterpart } = plan([['poweroff'], ['selinux', '--enforcing'], ['realm', 'join', 'x']]);
    expect(withoutCounterpart).toEqual([
      { kind: 'command', text: 'selinux --enforcing', line: 2, why: 'the rehearsal has no SELinux policy' },
      { kind: 'command', text: 'realm join x', line: 3, why: expect.stringContaining('domain') },
    ]);
  });

  test("starts libvirt's default network with libvirt, as Fedora's package does", () => {
    const link = { do: 'link', path: '/etc/libvirt/qemu/networks/autostart/default.xml' };
    const { actions } = plan([], ['libvirt-daemon-kvm', 'libvirt-daemon-config-network']);
    expect(actions.filter((action) => action.do === 'link' && action.path === link.path)).toHaveLength(1);
  });
});
