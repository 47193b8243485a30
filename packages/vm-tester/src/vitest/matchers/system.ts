import { VmTesterError } from '../../errors.ts';
import { aboutMachine } from '../answer.ts';
import { isVersion, kernelArguments } from '../guest-text.ts';
import type { Answer } from '../answer.ts';

/** On the command line of the running kernel: alone, or with this value. The last of several counts, as for most. */
export const toHaveKernelArgument = aboutMachine(
  async (machine, name: string, value?: string | RegExp): Promise<Answer> => {
    const line = await machine.succeed('cat /proc/cmdline');
    const expected = `to have the kernel argument ${name}${value === undefined ? '' : `=${String(value)}`}`;
    const values = kernelArguments(line)
      .filter(([key]) => key === name)
      .map(([, text]) => text);
    const last = values.at(-1);
    const fits =
      value === undefined ||
      (last !== undefined && (typeof value === 'string' ? last === value : last.search(value) >= 0));
    return { pass: values.length > 0 && fits, expected, actual: `its command line is ${JSON.stringify(line)}` };
  },
);

/** Prints the version of an installed package: rpm's, dpkg's or pacman's. */
const PACKAGE_VERSION = `
if command -v rpm >/dev/null && [ -n "$(rpm --query --all 2>/dev/null | head -n 1)" ]; then
  exec rpm --query --queryformat '%{VERSION}-%{RELEASE}\\n' -- "$1"
elif command -v dpkg-query >/dev/null; then
  dpkg-query --show --showformat '\${db:Status-Status} \${Version}\\n' -- "$1" | sed -n 's/^installed //p' | grep .
elif command -v pacman >/dev/null; then
  pacman --query -- "$1" | cut -d ' ' -f 2
else
  echo 'no rpm, dpkg or pacman' >&2; exit 3
fi`;

/** Installed, in this version: the whole of it, or its beginning up to a `-`, `.`, `+` or `~`. */
export const toHavePackage = aboutMachine(async (machine, name: string, version?: string): Promise<Answer> => {
  const expected = `to have the package ${name}${version === undefined ? '' : ` ${version}`}`;
  const { exitCode, stdout, stderr } = await machine.execute(['sh', '-c', PACKAGE_VERSION, 'sh', name]);
  if (exitCode === 3) throw new TypeError(`cannot ask for packages: ${String(stderr).trim()}`);
  if (exitCode !== 0) return { pass: false, expected, actual: 'it is not installed' };
  const versions = String(stdout).trim().split('\n');
  const pass = version === undefined || versions.some((one) => isVersion(one, version));
  return { pass, expected, actual: `version ${versions.join(', ')} is installed` };
});

export const toHaveUser = aboutMachine(
  async (machine, name: string, { groups = [], locked }: { groups?: string[]; locked?: boolean } = {}) => {
    const wanted = [...groups.map((group) => `group ${group}`), locked === undefined ? '' : locked ? 'locked' : 'open'];
    const list = wanted.filter((word) => word !== '').join(', ');
    const expected = `to have the user ${name}${list ? ` with ${list}` : ''}`;
    const entry = await machine.execute(['getent', 'passwd', name]);
    if (entry.exitCode !== 0) return { pass: false, expected, actual: 'there is none' };
    const has = (await machine.succeed(['id', '--name', '--groups', name])).split(' ');
    const shadow = await machine.execute(['getent', 'shadow', name]);
    const isLocked = /^[!*]/.test(String(shadow.stdout).split(':')[1] ?? '!');
    return {
      pass: groups.every((group) => has.includes(group)) && (locked === undefined || locked === isLocked),
      expected,
      actual: `it is in ${has.join(', ')}, and its password is ${isLocked ? 'locked' : 'open'}`,
    };
  },
);

/** Something listens on this TCP port; one that is about to is waited for by `waitForOpenPort`. */
export const toListenOn = aboutMachine(async (machine, port: number): Promise<Answer> => {
  const ports = await machine.listeningPorts();
  return {
    pass: ports.includes(port),
    expected: `to listen on port ${port}`,
    actual: ports.length > 0 ? `it listens on ${ports.join(', ')}` : 'it listens on none',
  };
});

/** UEFI's variable SecureBoot: four bytes of attributes, then 1 (UEFI specification, 3.3). */
const SECURE_BOOT = '/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c';

export const toHaveSecureBoot = aboutMachine(async (machine): Promise<Answer> => {
  const expected = 'to have booted with Secure Boot';
  const { exitCode, stdout } = await machine.execute(['cat', SECURE_BOOT]);
  if (exitCode === 0) {
    const on = stdout.at(-1) === 1;
    return { pass: on, expected, actual: `its firmware says that it is ${on ? 'on' : 'off'}` };
  }
  const uefi = (await machine.execute('test -d /sys/firmware/efi')).exitCode === 0;
  return { pass: false, expected, actual: uefi ? 'its firmware does not know of it' : 'its firmware is a BIOS' };
});

/** Some needle of that tag matches the screen, now or soon. */
export const toMatchNeedle = aboutMachine(async (machine, tag: string, options: { timeoutMs?: number } = {}) => {
  const expected = `to show what the needle ${tag} shows`;
  try {
    const { needle, similarity } = await machine.assertScreen(tag, { timeoutMs: 1_000, ...options });
    return { pass: true, expected, actual: `${needle} is ${similarity} % alike` };
  } catch (error) {
    if (!(error instanceof VmTesterError) || error.code !== 'NO_MATCH') throw error;
    return { pass: false, expected, actual: error.message };
  }
});
