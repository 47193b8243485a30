import { describe, expect, test } from 'vitest';
import { excludedInVain, resolveSelection, type Selection } from './selection.ts';

const wanted = (names: string[] = []) => names.map((name, index) => ({ name, line: index + 1 }));

function selection(
  part: Partial<Record<'groups' | 'packages' | 'excluded' | 'excludedGroups', string[]>>,
  ignoreMissing = false,
): Selection {
  return {
    groups: wanted(part.groups),
    packages: wanted(part.packages),
    excludedGroups: wanted(part.excludedGroups),
    excluded: wanted(part.excluded),
    ignoreMissing,
    excludeDocs: false,
    languages: undefined,
    ignoredOptions: [],
  };
}

const kernel = 'linux-image-cloud-amd64';
const resolve = (chosen: Selection, inDebian: string[] = []) =>
  resolveSelection(chosen, { kernel, inDebian: (name) => inDebian.includes(name), also: [] });

describe('resolveSelection', () => {
  test('always has what a live medium needs', () => {
    expect(resolve(selection({})).install).toEqual(expect.arrayContaining([kernel, 'dracut-live', 'systemd']));
  });

  test('takes counterparts, and says which', () => {
    const { install, counterparts } = resolve(selection({ packages: ['NetworkManager', 'kernel'] }));
    expect(install).toContain('network-manager');
    expect(counterparts).toEqual([
      { kickstart: 'NetworkManager', debian: ['network-manager'], line: 1 },
      { kickstart: 'kernel', debian: [kernel], line: 2, why: expect.any(String) },
    ]);
  });

  test('lists a name that nothing stands for, with the reason', () => {
    expect(resolve(selection({ packages: ['shim-x64'] })).withoutCounterpart).toEqual([
      { kind: 'package', text: 'shim-x64', line: 1, why: "the rehearsal's boot loader is not signed" },
    ]);
  });

  test('takes a name that only Debian knows as it is', () => {
    expect(resolve(selection({ packages: ['ncdu'] }), ['ncdu']).install).toContain('ncdu');
  });

  test('calls a misspelt name missing', () => {
    const { missing, install } = resolve(selection({ packages: ['gdm', 'gmd'] }), []);
    expect(missing).toEqual([{ name: 'gmd', line: 2 }]);
    expect(install).not.toContain('gmd');
  });

  test('lets a misspelt name go with --ignoremissing, listed', () => {
    const { missing, withoutCounterpart } = resolve(selection({ packages: ['gmd'] }, true));
    expect(missing).toEqual([]);
    expect(withoutCounterpart).toMatchObject([{ kind: 'package', text: 'gmd', line: 1 }]);
  });

  test('calls an unknown group missing', () => {
    expect(resolve(selection({ groups: ['croe'] })).missing).toEqual([{ name: '@croe', line: 1 }]);
  });

  test('takes back what a group brought and an exclusion names', () => {
    expect(resolve(selection({ groups: ['core'] })).install).toContain('vim-tiny');
    expect(resolve(selection({ groups: ['core'], excluded: ['vim-minimal'] })).install).not.toContain('vim-tiny');
  });

  test('takes back all that a glob matches', () => {
    const { install } = resolve(selection({ groups: ['core'], excluded: ['na?[l-o]', 'vim-*'] }));
    expect(install.filter((name) => /^(?:nano|vim)/u.test(name))).toEqual([]);
    expect(install).toContain('less');
  });

  test('leaves out an excluded group', () => {
    expect(resolve(selection({ groups: ['core'], excludedGroups: ['core'] })).install).not.toContain('vim-tiny');
  });

  test('tells what was excluded in vain', () => {
    const { excluded } = resolve(selection({ groups: ['core'], excluded: ['sudo', 'nano'] }));
    expect(excludedInVain(excluded, [{ name: 'sudo' }])).toEqual([
      { kind: 'package', text: '-sudo', line: 1, why: expect.stringContaining('sudo is there') },
    ]);
  });

  test('keeps what the medium needs, whatever is excluded', () => {
    expect(resolve(selection({ excluded: ['systemd'] })).install).toContain('systemd');
  });

  test('does not take names of objects for packages', () => {
    expect(resolve(selection({ packages: ['constructor'], groups: ['toString'] })).missing).toHaveLength(2);
  });
});
