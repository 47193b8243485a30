import type { Finding, Rule } from '../rule.ts';
import { type WrittenCommand, atOption, option, within } from '../subject.ts';

const SOURCES = new Set(['repo', 'url', 'ostreesetup', 'ostreecontainer', 'liveimg', 'nfs']);
const LOCATIONS = ['--baseurl', '--mirrorlist', '--metalink', '--url', '--dir'];

/** What makes one URL another one on another machine or another day. */
const MOVING: readonly (readonly [RegExp, string])[] = [
  [/\$\{?(releasever|basearch|arch)\}?/, 'depends on the machine that builds'],
  [/\b(rawhide|latest|development|branched|master|stable)\b/i, 'names something else each time it moves on'],
];

export const unpinnedRepo: Rule = {
  id: 'KSL_UNPINNED_REPO',
  severity: 'warning',
  doc: 'a repository names its release and architecture',
  reason: 'with a variable or a moving name the same leaf installs another system elsewhere or later',
  check: (subject) =>
    subject.lines
      .filter(({ name }) => SOURCES.has(name))
      .flatMap((line) =>
        locations(line).flatMap((location) =>
          MOVING.flatMap(([pattern, why]): Finding[] => {
            const found = pattern.exec(location)?.[0];
            if (found === undefined) return [];
            const hint = 'write the release and the architecture out';
            return [{ message: `${found} ${why}`, hint, ...within(line, found) }];
          }),
        ),
      ),
};

function locations(line: WrittenCommand): string[] {
  return LOCATIONS.flatMap((flag) => {
    const value = option(line, flag);
    return typeof value === 'string' ? [value] : [];
  });
}

export const reservedRepo: Rule = {
  id: 'KSL_RESERVED_REPO',
  severity: 'warning',
  doc: 'no repository is called like one of Anaconda’s own',
  reason: 'Anaconda has a repository "updates" of its own, and on Fedora 43 one so called in a kickstart went unused',
  check: (subject) =>
    subject.lines
      .filter(
        (line) => line.name === 'repo' && ['updates', 'anaconda', 'fedora'].includes(String(option(line, '--name'))),
      )
      .map((line) => ({
        message: `${String(option(line, '--name'))} is a name of Anaconda’s own`,
        hint: `write --name=fedora-44-${String(option(line, '--name'))}`,
        ...atOption(line, '--name'),
      })),
};

export const unverifiedRepo: Rule = {
  id: 'KSL_NOVERIFYSSL',
  severity: 'warning',
  doc: 'the certificate of a repository is verified',
  reason: 'with --noverifyssl anyone between can put in packages of their own',
  check: (subject) =>
    subject.lines
      .filter((line) => option(line, '--noverifyssl') === true)
      .map((line) => ({
        message: 'the server is not asked who it is',
        hint: 'remove --noverifyssl, or name the authority by --sslcacert',
        ...atOption(line, '--noverifyssl'),
      })),
};
