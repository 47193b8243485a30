import type { Finding, Rule } from '../rule.ts';
import { type RuleContext, type WrittenCommand, option, within } from '../rule-context.ts';

const words = (text: string): readonly string[] => text.split(' ');

/** What kernel arguments take, by the kernel's `admin-guide/kernel-parameters`; lists are separated by commas. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  amd_iommu: words(
    'fullflush off force_isolation force_enable pgtbl_v1 pgtbl_v2 irtcachedis nohugepages v2_pgsizes_only',
  ),
  intel_iommu: ['on', 'off', 'igfx_off', 'forcedac', 'strict', 'sp_off', 'sm_on', 'sm_off', 'tboot_noforce'],
  iommu: words('off force noforce biomerge panic nopanic merge nomerge soft pt nopt usedac allowdac nodac'),
  'iommu.passthrough': ['0', '1'],
  'iommu.strict': ['0', '1'],
  selinux: ['0', '1'],
  enforcing: ['0', '1'],
  apparmor: ['0', '1'],
  audit: ['0', '1', 'on', 'off'],
  mitigations: ['off', 'auto', 'nosmt'],
  nosmt: ['force'],
  lockdown: ['integrity', 'confidentiality'],
  fips: ['0', '1'],
  transparent_hugepage: ['always', 'madvise', 'never'],
  pcie_aspm: ['off', 'force'],
  'net.ifnames': ['0', '1'],
  biosdevname: ['0', '1'],
  'ipv6.disable': ['0', '1'],
  'zswap.enabled': ['0', '1', 'Y', 'N', 'y', 'n'],
  'kvm_intel.nested': ['0', '1', 'Y', 'N', 'y', 'n'],
  'kvm_amd.nested': ['0', '1', 'Y', 'N', 'y', 'n'],
  'i915.enable_gvt': ['0', '1', 'Y', 'N', 'y', 'n'],
};

export const kernelArgument: Rule = {
  id: 'KSL_KERNEL_ARGUMENT',
  severity: 'error',
  doc: 'a kernel argument has a value that the kernel accepts',
  reason:
    'the kernel ignores a value it does not know, and the machine runs without what was asked for: amd_iommu=pt did so for a year and a half',
  check: (context) => [
    ...context.lines.flatMap((line) => (line.name === 'bootloader' ? inAppend(line) : [])),
    ...inScripts(context),
  ],
};

function inAppend(line: WrittenCommand): Finding[] {
  const append = option(line, '--append');
  if (typeof append !== 'string') return [];
  return append.split(/\s+/).flatMap((argument): Finding[] => {
    const problem = problemOf(argument);
    if (problem === undefined) return [];
    return [{ ...problem, ...within(line, argument) }];
  });
}

/** Lines of a script that have to do with the kernel's command line. */
const BOOTING = /GRUB_CMDLINE|\/default\/grub|grubby|cmdline|loader\/entries/;

function inScripts(context: RuleContext): Finding[] {
  const having = context.scripts.filter(({ script }) => BOOTING.test(script.body));
  return having.flatMap(({ script }) =>
    script.body.split(/\r\n|\n|\r/).flatMap((text, index): Finding[] => {
      const line = script.bodyAt[index];
      if (line === undefined || !BOOTING.test(text) || text.trim().startsWith('#')) return [];
      return [...text.matchAll(/[\w.-]+=[\w,.-]+/g)].flatMap((match) => {
        const problem = problemOf(match[0]);
        const where = { ...line, at: { ...line.at, column: match.index + 1 } };
        return problem ? [{ ...problem, where, length: match[0].length }] : [];
      });
    }),
  );
}

function problemOf(argument: string): { message: string; hint: string } | undefined {
  const [, name = '', list = ''] = /^([^=]+)=(.*)$/.exec(argument) ?? [];
  const known = VALUES[name.replaceAll('-', '_')];
  // A semicolon leads to finer settings of mitigations.
  const wrong =
    known &&
    list
      .split(';', 1)[0]
      ?.split(',')
      .find((value) => !known.includes(value));
  if (known === undefined || wrong === undefined) return undefined;
  let hint = `it accepts ${known.join(', ')}`;
  if (argument === 'amd_iommu=pt') hint = 'write iommu=pt: passthrough is an option of every IOMMU';
  if (argument === 'amd_iommu=on') hint = 'remove it: the AMD IOMMU is on by default';
  return { message: `${name} does not accept "${wrong}"`, hint };
}
