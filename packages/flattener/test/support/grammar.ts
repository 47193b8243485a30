import * as fc from 'fast-check';

import { type OptionSpec, RELEASE_NAMES, takesValue } from '../../src/commands/table.ts';
import { requireRelease } from '../../src/release.ts';
import { SECTIONS } from '../../src/parse.ts';
import { quoteWord } from '../../src/words.ts';

export type Files = Readonly<Record<string, string>>;

/** How many inputs each law is tried with: 100,000 in a nightly run. */
export const LAW_RUNS = Number(process.env['PHYLLOME_LAW_RUNS'] ?? 2000);

const name = fc.string({ unit: fc.constantFrom(...'abcxyz019-_.'.split('')), minLength: 1, maxLength: 8 });
const odd = fc.string({ unit: fc.constantFrom(...'ab =#"\'\\$%@-,é\u00a0\u{1F600}'.split('')), maxLength: 8 });
const value = fc.oneof({ weight: 4, arbitrary: name }, { weight: 1, arbitrary: odd });

function valueOf(spec: OptionSpec): fc.Arbitrary<string> {
  if (spec.choices !== undefined) return fc.constantFrom(...spec.choices);
  if (spec.type === 'int') return fc.nat(100_000).map(String);
  if (spec.type === 'ksboolean') return fc.constantFrom('yes', 'no', 'on', '0');
  if (spec.type === undefined) return value;
  return fc.oneof(name, fc.nat(999).map(String), fc.constantFrom('lvm', 'http://a/b', '0', 'enforcing', 'us'));
}

function option(spec: OptionSpec): fc.Arbitrary<string> {
  const flag = fc.constantFrom(...(spec.flags.length > 0 ? spec.flags : ['']));
  if (spec.positional) return valueOf(spec).map(quoteWord);
  if (!takesValue(spec)) return flag;
  const separator = fc.constantFrom('=', ' ');
  return fc.tuple(flag, separator, valueOf(spec)).map(([f, s, v]) => `${f}${s}${quoteWord(v) || '""'}`);
}

/** A command of a release with whatever it needs and a few of its other options; some break a rule of the command. */
function commandOf(release: string): fc.Arbitrary<string> {
  const known = requireRelease(release)
    .commands.entries()
    .filter(([, spec]) => !spec.removed);
  return fc.constantFrom(...known).chain(([word, spec]) => {
    const needed = spec.options.filter((one) => one.required === true || one.positional === true);
    const others = spec.options.filter((one) => !needed.includes(one));
    const extra =
      others.length === 0 ? fc.constant([]) : fc.subarray(others, { maxLength: Math.min(3, others.length) });
    return extra
      .chain((chosen) => fc.tuple(...[...needed, ...chosen].map(option)))
      .map((words) => [word, ...words].join(' '));
  });
}

/** Commands that always are right, so that not every leaf is refused. */
const plain = fc.constantFrom(
  'lang C',
  'lang en_US.UTF-8',
  'timezone Europe/Paris --utc',
  'timezone UTC',
  'skipx',
  'text',
  'zerombr',
  'bootloader --append="a \\"b\\""',
  'bootloader --location=none',
  'part / --size=1',
  'part /b --size=2 --grow',
  'repo --name=a --baseurl=http://a',
  "user --name=o --gecos='O Brien'",
  'services --enabled=a',
  'services --disabled=b',
  'url --url=http://a/',
  'url --mirrorlist=http://b/',
);

const blank = fc.constantFrom(
  '',
  ' ',
  '\t',
  '# comment',
  '#platform=x86',
  '  # c "',
  '#version=F43',
  '# System language',
);
const trailing = fc.oneof({ weight: 5, arbitrary: fc.constant('') }, fc.constantFrom(' # why', '\t#', ' # "'));

const packageLine = fc.oneof(
  fc.tuple(fc.constantFrom('', '-', '@', '-@', '@^', '-@^'), name).map(([mark, word]) => mark + word),
  fc
    .tuple(name, fc.constantFrom(' --nodefaults', ' --optional', ' # why', '  '))
    .map(([word, more]) => `@${word}${more}`),
  blank,
);
const shellLine = fc.oneof(
  fc.constantFrom(
    'set -eu',
    'echo "a b"',
    'cat <<EOF',
    'EOF',
    'curl http://a',
    'if a; then b; fi',
    "x='",
    '"',
    'a \\',
    'virsh',
  ),
  blank,
  odd,
);
const section = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('', ' --nocore', ' --exclude-weakdeps --timeout=3', ' --default', ' --instLangs=de --excludeW'),
      fc.array(packageLine),
    )
    .map(([header, lines]) => ['%packages' + header, ...lines, '%end'].join('\n')),
  fc
    .tuple(
      fc.constantFrom('%pre', '%post', '%pre-install', '%onerror', '%traceback'),
      fc.constantFrom('', ' --erroronfail', ' --log="/a b"', ' --interpreter=/usr/bin/python3 # c'),
      fc.array(shellLine),
    )
    .map(([header, options, lines]) => [header + options, ...lines, '%end'].join('\n')),
  fc
    .tuple(fc.constantFrom('%addon x --on', '%anaconda'), fc.array(name))
    .map(([header, lines]) => [header, ...lines, '%end'].join('\n')),
);

function partOf(release: string): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 4, arbitrary: fc.tuple(plain, trailing).map(([line, comment]) => line + comment) },
    { weight: 1, arbitrary: commandOf(release) },
    { weight: 2, arbitrary: blank },
    { weight: 2, arbitrary: section },
  );
}
const end = fc.oneof({ weight: 6, arbitrary: fc.constant('\n') }, fc.constantFrom('\r\n', '\r'));

function text(lines: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.array(fc.tuple(lines, end), { maxLength: 12 }).map((all) => all.map(([line, eol]) => line + eol).join(''));
}

/** Kickstarts as people write them, most of which are right. */
export const kickstart = text(partOf('F44'));

function block(part: fc.Arbitrary<string>, includes: readonly string[]): fc.Arbitrary<string> {
  return text(
    fc.oneof(
      { weight: 4, arbitrary: part },
      { weight: 1, arbitrary: fc.constantFrom(...includes).map((path) => `%include ${path}`) },
      { weight: 1, arbitrary: fc.constantFrom(...includes).map((path) => `%post\n%include ${path} # x\n%end`) },
    ),
  );
}

function leafTreeOf(release: string): fc.Arbitrary<Files> {
  const part = partOf(release);
  return fc.record({
    'leaf.cfg': block(part, ['a.cfg', 'd/b.cfg']),
    'a.cfg': block(part, ['d/b.cfg']),
    'd/b.cfg': block(part, ['c.cfg']),
    'd/c.cfg': text(part),
  });
}

/** A leaf with blocks that include each other, with the commands of F44. */
export const leafTree: fc.Arbitrary<Files> = leafTreeOf('F44');

const trees = RELEASE_NAMES.map((release) => leafTreeOf(release).map((files) => ({ release, files })));

/** The same with the commands of any release, and that release. */
export const releaseTree: fc.Arbitrary<{ readonly release: string; readonly files: Files }> = fc.oneof(...trees);

/** The same with something torn out, doubled or put in at random places: almost all of them are wrong. */
export const brokenTree: fc.Arbitrary<Files> = fc
  .tuple(
    leafTree,
    fc.array(
      fc.record({
        file: fc.constantFrom('leaf.cfg', 'a.cfg', 'd/b.cfg', 'd/c.cfg'),
        at: fc.double({ min: 0, max: 1, noNaN: true }),
        remove: fc.nat(6),
        insert: fc.oneof(
          odd,
          fc.string({ unit: 'binary', maxLength: 3 }),
          fc.constantFrom(...SECTIONS, '%end', '\n%include leaf.cfg\n', '%ksappend a.cfg', '\uFEFF', '\0', '\u2028'),
        ),
      }),
      { minLength: 1, maxLength: 4 },
    ),
  )
  .map(([files, edits]) => {
    const broken: Record<string, string> = { ...files };
    for (const { file, at, remove, insert } of edits) {
      const before = broken[file] ?? '';
      const from = Math.floor(at * before.length);
      broken[file] = before.slice(0, from) + insert + before.slice(from + remove);
    }
    return broken;
  });

/** Any bytes, each as one character. */
export const bytes = fc.uint8Array({ maxLength: 200 }).map((all) => Buffer.from(all).toString('latin1'));
