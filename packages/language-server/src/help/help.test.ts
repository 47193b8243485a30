import { RELEASE_NAMES, releaseNamed } from '@phyllome/flattener/commands';
import { expect, test } from 'vitest';
import { COMMANDS } from './commands.ts';
import { describeCommand, describeOption, helpOf, nameOf } from './describe.ts';
import { SECTIONS } from './sections.ts';

const releases = RELEASE_NAMES.flatMap((name) => releaseNamed(name) ?? []);
const all = releases.flatMap(({ commands, sections }) => [
  ...[...commands].map(([name, { options }]) => ({ name, options })),
  ...[...sections].map(([name, options]) => ({ name, options })),
]);

test('every command and section of every release has a text, and every option that is not deprecated', () => {
  const without = all.flatMap(({ name, options }) => [
    ...(helpOf(name) === undefined ? [name] : []),
    ...options
      .filter((spec) => spec.deprecated !== true && helpOf(name)?.options[nameOf(spec)] === undefined)
      .map((spec) => `${name} ${nameOf(spec)}`),
  ]);
  expect([...new Set(without)]).toEqual([]);
});

test('there is no text about anything that no release has', () => {
  const known = new Map<string, Set<string>>();
  for (const { name, options } of all) {
    const names = known.get(name) ?? new Set();
    known.set(name, names);
    for (const spec of options) names.add(nameOf(spec));
  }
  const shared =
    /^--(?:nost|label|size|grow|maxsize|recommended|hibernation|resize|fs|luks|pbkdf|cipher|backup|escrow|passphrase|encrypted|proxy|noverifyssl|ssl|mirrorlist|metalink|url|remote|eject|kexec)/;
  const stray = Object.entries({ ...COMMANDS, ...SECTIONS }).flatMap(([name, help]) => [
    ...(known.has(name) || name === '%addon' || name === '%anaconda' ? [] : [name]),
    ...Object.keys(help?.options ?? {})
      .filter((option) => known.get(name)?.has(option) !== true && !shared.test(option))
      .map((option) => `${name} ${option}`),
  ]);
  expect(stray).toEqual([]);
});

test('whatever there is can be described in every release', () => {
  for (const release of releases) {
    for (const [name, { options }] of release.commands) {
      expect(describeCommand(name, release)).toContain(`**${name}**`);
      for (const spec of options) expect(describeOption(name, spec, release)).toContain(nameOf(spec));
    }
  }
});
