import { releasesNamed } from '../release-in-source.ts';
import type { Finding, Rule } from '../rule.ts';
import { type WrittenCommand, atOption, option, within } from '../rule-context.ts';

const SOURCES = new Set(['repo', 'url', 'ostreesetup', 'ostreecontainer', 'liveimg', 'nfs']);
const LOCATIONS = ['--baseurl', '--mirrorlist', '--metalink', '--url', '--dir'];

/** What makes one URL another one on another machine or another day. */
const MOVING: readonly (readonly [RegExp, string])[] = [
  [/\$\{?(releasever|basearch|arch)\}?/, 'depends on the machine that builds'],
  [/\b(rawhide|latest|development(?!\/\d)|branched|master|stable)\b/i, 'is another release each time it moves on'],
];

export const unpinnedRepo: Rule = {
  id: 'KSL_UNPINNED_REPO',
  severity: 'warning',
  doc: 'a repository names its release and architecture',
  reason: 'with a variable or a moving name the same leaf installs another system elsewhere or later',
  check: (context) =>
    context.lines
      .filter(({ name }) => SOURCES.has(name))
      .flatMap((line) =>
        locations(line).flatMap((location) =>
          MOVING.flatMap(([pattern, why]): Finding[] => {
            // A host is called what it is called.
            const found = pattern.exec(location.replace(/^\w+:\/\/[^/]*/, ''))?.[0];
            if (found === undefined) return [];
            const hint = 'write the release and the architecture out';
            return [{ message: `${found} ${why}`, hint, ...within(line, found) }];
          }),
        ),
      ),
};

export const otherRelease: Rule = {
  id: 'KSL_OTHER_RELEASE',
  severity: 'error',
  doc: 'repositories belong to the release that was asked for',
  reason: 'anaconda and the system it installs belong together: another release fails in the middle, or boots oddly',
  check: (context) => {
    const { release } = context.release;
    const { dialect, wanted } = /^(?<dialect>F|RHEL)(?<wanted>\d+)$/.exec(release)?.groups ?? {};
    if (!context.isReleaseAsked || dialect === undefined || wanted === undefined) return [];
    return context.lines
      .filter(({ name }) => SOURCES.has(name))
      .flatMap((line) =>
        releasesNamed(line.text)
          // What others offer for both is often the same.
          .filter((found) => found.release !== release && found.release === `${dialect}${found.number}`)
          .map(({ number, index, release: other }): Finding => {
            const at = { ...line.at, column: index + 1 };
            const { path, line: row } = line.at;
            return {
              message: `this is of ${families[dialect]} ${number}, and the leaves are for ${wanted}`,
              hint: `write ${wanted}, or lint for the other one: --release ${other}`,
              where: { ...line, at },
              length: number.length,
              fix: { path, line: row, from: index + 1, to: index + 1 + number.length, insert: wanted },
            };
          }),
      );
  },
};

const families: Readonly<Record<string, string>> = { F: 'Fedora', RHEL: 'Enterprise Linux' };

function locations(line: WrittenCommand): string[] {
  return LOCATIONS.flatMap((flag) => {
    const value = option(line, flag);
    return typeof value === 'string' ? [value] : [];
  });
}

/** Names that Anaconda gives its own repositories: `updates` for updates, `anaconda` for the installation source. */
const RESERVED_REPOS = new Set(['updates', 'anaconda']);

export const reservedRepo: Rule = {
  id: 'KSL_RESERVED_REPO',
  severity: 'warning',
  doc: 'no repository has a name that Anaconda uses itself',
  reason:
    'lorax’s documentation calls the name "updates" reserved, and on Fedora 43 a repository so called went unused',
  check: (context) =>
    context.lines.flatMap((line): Finding[] => {
      const name = line.name === 'repo' ? option(line, '--name') : undefined;
      if (typeof name !== 'string' || !RESERVED_REPOS.has(name)) return [];
      return [
        {
          message: `Anaconda uses the name ${name} for a repository of its own`,
          hint: `write --name=${repoPrefix(context.release.release)}-${name}`,
          ...atOption(line, '--name'),
        },
      ];
    }),
};

/** `fedora-44` of F44, `rhel-9` of RHEL9. */
function repoPrefix(release: string): string {
  return release.replace(/^F(?=\d)/, 'fedora-').replace(/^RHEL(?=\d)/, 'rhel-');
}

export const unverifiedRepo: Rule = {
  id: 'KSL_NOVERIFYSSL',
  severity: 'warning',
  doc: 'the certificate of a repository is verified',
  reason: 'with --noverifyssl anyone between can put in packages of their own',
  check: (context) =>
    context.lines
      .filter((line) => option(line, '--noverifyssl') === true)
      .map((line) => ({
        message: 'the certificate of the server is not checked',
        hint: 'remove --noverifyssl, or name the certificate authority by --sslcacert',
        ...atOption(line, '--noverifyssl'),
      })),
};
