import { execFileSync } from 'node:child_process';
import { mkdtempDisposableSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/** The script that the hypervisor editions run at boot, as their flat kickstart holds it. */
const flat = readFileSync(join(import.meta.dirname, '../flat/flat-lsh.cfg'), 'utf8');
const script = /phyllome-default-network <<'EOF'\n([^]*?)^EOF$/m.exec(flat)?.[1] ?? '';

/** As libvirt ships it, and as libvirt itself writes it when somebody has changed it. */
const network = (quote: string, subnet: string): string =>
  `<network>
  <name>default</name>
  <bridge name="virbr0"/>
  <forward/>
  <ip address="${subnet}.1" netmask="255.255.255.0">
    <dhcp>
      <range start="${subnet}.2" end="${subnet}.254"/>
    </dhcp>
  </ip>
</network>
`.replaceAll('"', quote);

/** What becomes of libvirt's default network on a machine with these routes: a network name space of its own has them. */
function afterBoot(xml: string, routes: readonly string[]): string {
  using directory = mkdtempDisposableSync(join(tmpdir(), 'default-network-'));
  const [file, program] = [join(directory.path, 'default.xml'), join(directory.path, 'script')];
  writeFileSync(file, xml);
  writeFileSync(program, script);
  const setUp = ['ip link set lo up', ...routes.map((route) => `ip route add ${route} dev lo`)].join(' && ');
  const argv = ['--user', '--map-root-user', '--net', 'sh', '-ec', `${setUp}; sh "$0" "$1"`, program, file];
  execFileSync('unshare', argv, { stdio: 'pipe' });
  return readFileSync(file, 'utf8');
}

test.each(['"', "'"])('stays where nobody else is, with %s', (quote) => {
  const xml = network(quote, '192.168.122');
  expect(afterBoot(xml, ['default', '192.168.1.0/24', '10.0.0.0/8'])).toBe(xml);
});

test.each([
  ['the host’s own default network', ['192.168.122.0/24'], '192.168.123'],
  ['a part of it', ['192.168.122.128/25'], '192.168.123'],
  ['an address in it', ['192.168.122.7/32'], '192.168.123'],
  ['the next one is taken, too', ['192.168.122.0/24', '192.168.123.0/24'], '192.168.124'],
  ['all of 192.168', ['192.168.0.0/16'], '10.122.122'],
])('moves away: %s', (_, routes, subnet) => {
  for (const quote of ['"', "'"]) {
    expect(afterBoot(network(quote, '192.168.122'), ['default', ...routes])).toBe(network(quote, subnet));
  }
});

test('a network that an administrator wrote is left alone', () => {
  const xml = network("'", '192.168.122').replace('255.255.255.0', '255.255.0.0');
  expect(afterBoot(xml, ['192.168.122.0/24'])).toBe(xml);
});
