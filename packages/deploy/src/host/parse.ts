import type { HostFacts } from './facts.ts';

/** What the programs and files that are looked at mean. All pure. */

/** The names of groups by their ids, from /etc/group (group(5)); ids without a name are left out. */
export function groupsOf(text: string, ids: readonly number[]): string[] {
  const names = new Map(
    text.split('\n').map((line) => {
      const [name = '', , id] = line.split(':');
      return [Number(id), name] as const;
    }),
  );
  return ids.flatMap((id) => names.get(id) ?? []);
}

/** `options kvm_intel nested=1` of a modprobe.d(5) file; a module's name has dashes or underscores. */
export function nestedSettings(text: string): { module: string; value: string }[] {
  return [...text.matchAll(/^\s*options\s+kvm[-_](?<maker>intel|amd)\s(?:.*\s)?nested=(?<value>\w+)/gmu)].map(
    ({ groups }) => ({ module: `kvm_${groups?.['maker']}`, value: groups?.['value'] ?? '' }),
  );
}

/** What `virsh net-info default` said, in the C locale. */
export function parseNetInfo(exitCode: number, stdout: string, stderr: string): HostFacts['libvirt']['defaultNetwork'] {
  if (exitCode !== 0) return /not found|no network/iu.test(stderr) ? 'absent' : null;
  const active = /^Active:\s+(?<active>yes|no)$/mu.exec(stdout)?.groups?.['active'];
  if (active === undefined) return null;
  return active === 'yes' ? 'active' : 'inactive';
}
