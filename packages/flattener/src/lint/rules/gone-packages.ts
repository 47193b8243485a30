import { rpmArchitectures } from '@phyllome/host/architecture';
import GONE from '../data/packages.json' with { type: 'json' };
import type { Finding, Rule } from '../rule.ts';

/** The first release without the package, and the package that took its place. */
const TABLE: ReadonlyMap<string, readonly [fedora: number, successor?: string]> = new Map(
  Object.entries(GONE).map(([name, [fedora, successor]]) => [
    name,
    successor === undefined ? [Number(fedora)] : [Number(fedora), String(successor)],
  ]),
);

const architecture = new RegExp(`\\.(?:${rpmArchitectures.join('|')})$`);

export const gonePackage: Rule = {
  id: 'KSL_GONE_PACKAGE',
  severity: 'warning',
  doc: 'no package of %packages has left Fedora, or has another name there',
  reason: 'Anaconda ends the installation for a package that does not exist, or leaves it out by --ignoremissing',
  check: ({ kickstart, release }) => {
    const asked = Number(/^F(\d+)$/.exec(release.release)?.[1]);
    return (kickstart.packages?.entries ?? []).flatMap((entry): Finding[] => {
      if (entry.kind !== 'package') return [];
      // `name.noarch` names the architecture as well.
      const name = entry.name.replace(architecture, '');
      const [fedora, successor] = TABLE.get(name) ?? [];
      if (fedora === undefined || !(asked >= fedora)) return [];
      const message = `Fedora has no package ${name} since release ${fedora}`;
      const hint = successor === undefined ? 'remove it, or bring a repository that has it' : `write ${successor}`;
      return [{ message, hint, where: entry, length: entry.text.length }];
    });
  },
};
