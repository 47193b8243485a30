import { describe, expect, test } from 'vitest';

import { tree } from '../test/support/tree.ts';
import { flatten } from './flatten.ts';

type Files = Readonly<Record<string, string>>;
const commented = (files: Files) => flatten('leaf.cfg', { ...tree(files), comments: true, blocks: true });
/** Without the first line. */
const body = (files: Files): string => commented(files).text.split('\n').slice(1).join('\n');

const FILES: Files = {
  'leaf.cfg': `# The whole.
# Really.

# Why these services
services --enabled=a # and not b
# What the block brings
%include block.cfg # here
# The last word
`,
  'block.cfg': `# About bootloader
bootloader --append=quiet # one
# About bootloader again
bootloader --timeout=1 # two
# Why minimal
%packages --nocore # three
# The editor
nano   # four
@core
# no more
%end
# More packages
%packages
# The other editor
vim
%end
# What it does
%post --erroronfail # five
# in a script
true
%end
`,
};

describe('with comments, a flat kickstart', () => {
  test('has them at their place', () => {
    expect(body(FILES)).toBe(`# The whole.
# Really.
#version=F44
# System services
# Why these services
services --enabled=a # and not b
# System bootloader configuration
# What the block brings
# here
# About bootloader
# one
# About bootloader again
bootloader --append=quiet --timeout=1 # two

# What it does
%post --erroronfail # five
# in a script
true
%end

# Why minimal
# three
# More packages
%packages --nocore
@core
# The editor
nano # four
# The other editor
vim
# no more

%end
# The last word
`);
  });

  test('flattens to itself, and without them to the plain one', () => {
    const { text } = commented(FILES);
    expect(flatten('flat.cfg', { ...tree({ 'flat.cfg': text }), comments: true, blocks: true }).text).toBe(text);
    expect(flatten('flat.cfg', tree({ 'flat.cfg': text })).text).toBe(
      flatten('leaf.cfg', { ...tree(FILES), blocks: true }).text,
    );
  });

  test('knows where each comment stands', () => {
    const { text, origins } = commented(FILES);
    expect(origins).toHaveLength(text.split('\n').length - 1);
    const of = (line: string) => origins[text.split('\n').indexOf(line)];
    expect(of('# Why minimal')).toMatchObject({
      path: 'block.cfg',
      line: 5,
      includedFrom: [{ path: 'leaf.cfg', line: 7 }],
    });
    expect(of('# The last word')).toMatchObject({ path: 'leaf.cfg', line: 8, includedFrom: [] });
  });

  test.each([
    [
      'a first line that belongs to a command',
      '# About lang\nlang C\n',
      '#version=F44\n# System language\n# About lang\nlang C\n',
    ],
    [
      'the version that it is read for',
      '#version=F43\n# About lang\nlang C\n',
      '#version=F43\n# System language\n# About lang\nlang C\n',
    ],
    [
      'a platform',
      '#platform=x86\n# all\n\nlang C\n',
      '#platform=x86\n# all\n#version=F44\n# System language\nlang C\n',
    ],
    [
      'an indented platform, which is none',
      'autopart\n #platform=x86\nlang C\n',
      '#version=F44\n# System language\n #platform=x86\nlang C\nautopart\n',
    ],
    ['a # in quotes', 'lang "C#D" # no\n', '#version=F44\n# System language\nlang "C#D" # no\n'],
    ['only comments', '# one\n\n# two\n', '# one\n#version=F44\n# two\n'],
    [
      'a line that is replaced as a whole',
      '# old\nlang C\n# new\nlang D\n',
      '#version=F44\n# System language\n# new\nlang D\n',
    ],
  ])('keeps %s', (_, leaf, expected) => {
    expect(body({ 'leaf.cfg': leaf })).toBe(expected);
    expect(
      flatten('x', { ...tree({ x: commented({ 'leaf.cfg': leaf }).text }), comments: true, blocks: true }).text,
    ).toBe(commented({ 'leaf.cfg': leaf }).text);
  });

  test('has those of a block that is included twice once at each place', () => {
    const files = { 'leaf.cfg': '%include a.cfg\n%include a.cfg\n', 'a.cfg': '# c\nuser --name=a\n' };
    expect(body(files)).toBe('#version=F44\n# c\nuser --name=a\n# c\nuser --name=a\n');
  });
});
