import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { capabilitiesOf, environmentOf, startScript } from './start-script.ts';

test('every word arrives as it is, whatever is in it', () => {
  const argv = ['livemedia-creator', '--project', "it's $HOME `x`", '--volid=a b', '', 'new\nline'];
  const { start } = startScript(argv, { isoName: 'x.iso', environment: { A: "b 'c'" }, capabilities: undefined });
  const program = 'env() { for word; do printf "%s\\0" "$word"; done; }';
  const said = execFileSync('sh', ['-c', `${program}\n${start.replace(/^exec /u, '')}`]).toString();
  expect(said.split('\0').slice(0, -1)).toEqual(['-i', "A=b 'c'", 'chroot', '/root', ...argv]);
});

test('the name of the ISO is one word', () => {
  const { result } = startScript([], { isoName: "a'; reboot #.iso", environment: {}, capabilities: undefined });
  expect(execFileSync('sh', ['-c', `${result}printf %s "$iso"`]).toString()).toBe("a'; reboot #.iso");
});

test("the image's variables come before usual ones, and the build's before those", () => {
  expect(environmentOf(['PATH=/opt', 'LANG=C', 'ODD', 'E=a=b'], { E: 'x' })).toEqual({
    PATH: '/opt',
    HOME: '/root',
    HOSTNAME: 'phyllome',
    LANG: 'C.UTF-8',
    E: 'x',
  });
});

test('it has the capabilities of a container, where those are known', () => {
  const capabilities = capabilitiesOf({ capDrop: ['ALL'], capAdd: ['CHOWN', 'SYS_ADMIN'] });
  const { start } = startScript(['livemedia-creator', '--x'], { isoName: 'x.iso', environment: {}, capabilities });
  expect(start).toContain('chroot /root /usr/bin/setpriv --bounding-set=-all,+chown,+sys_admin livemedia-creator --x');
  expect(capabilitiesOf({ capDrop: [], capAdd: ['SYS_ADMIN'] })).toBeUndefined();
});
