import { describe, expect, test } from 'vitest';

import { splitLines } from '../source.ts';
import { readOptions, shellCommands } from './shell.ts';

function scan(body: string): string[] {
  const bodyAt = splitLines(body).map(({ number }) => ({
    at: { path: 'x', line: number, column: 1 },
    includedFrom: [],
  }));
  return shellCommands({ body, bodyAt }).map(({ at, words, writes, pipedFrom }) => {
    const from = pipedFrom ? ` | from ${pipedFrom.words[0]?.text}` : '';
    const to = writes.map(({ text }) => ` > ${text}`).join('');
    return `${at.line}:${at.column} ${words.map(({ text }) => text).join(' ')}${to}${from}`;
  });
}

describe('shellCommands', () => {
  test.each([
    ['echo one two', ['1:1 echo one two']],
    [`  echo "a b" 'c # d' # no`, ['1:3 echo a b c # d']],
    ['a && b || c; d & e', ['1:1 a', '1:6 b', '1:11 c', '1:14 d', '1:18 e']],
    ['if ! A=1 a; then b; fi', ['1:10 a', '1:18 b', '1:21 fi']],
    ['echo x | passwd --stdin', ['1:1 echo x', '1:10 passwd --stdin | from echo']],
    ['echo x >/etc/a 2>&1', ['1:1 echo x > /etc/a']],
    ['echo x >>"/etc/a b"', ['1:1 echo x > /etc/a b']],
    ['x="$(curl -s http://a/)"', ['1:6 curl -s http://a/']],
    ['x=$(curl a)', ['1:5 curl a']],
    ['cat >/a <<EOF\nvirsh start\nEOF\nb', ['1:1 cat > /a', '4:1 b']],
    ["cat <<-'E' >/a\n\tvirsh\n\tE\nb", ['1:1 cat > /a', '4:1 b']],
    ['read -r x <<< word\nb', ['1:1 read -r x', '2:1 b']],
    ['curl \\\n  -o x', ['1:1 curl -o x']],
    ["echo 'a\nvirsh b\nc'\nd", ['1:1 echo', '4:1 d']],
    ['# virsh', []],
    ['', []],
  ])('%j', (body, expected) => {
    expect(scan(body)).toEqual(expected);
  });
});

const commandsOf = (body: string) =>
  shellCommands({
    body,
    bodyAt: splitLines(body).map(({ number }) => ({ at: { path: 'x', line: number, column: 1 }, includedFrom: [] })),
  });

describe('a command is captured', () => {
  test.each([
    ['a "$(b)"; c', ['b']],
    ['a $(b; c) d', ['b', 'c']],
    ['x=`a`; b', ['a']],
    ['x=$(\na\n)\nb', ['a']],
    ['diff <(a) <(b)', ['a', 'b']],
    ['(a; b)', []],
  ])('%j', (body, expected) => {
    const captured = commandsOf(body).filter((command) => command.captured);
    expect(captured.map(({ words }) => words[0]?.text)).toEqual(expected);
  });
});

test.each([
  ['x -abc d', ['-a', '-b', '-c d'], []],
  ['x -acd e', ['-a', '-c d'], ['e']],
  ['x --out=a --in b --flag c', ['--out a', '--in b', '--flag'], ['c']],
  ['x - a', [], ['-', 'a']],
])('the options of %j', (body, options, rest) => {
  const [command] = commandsOf(body);
  if (command === undefined) throw new Error('no command');
  const read = readOptions(command, { letters: 'c', names: ['in', 'out'] });
  expect(read.options.map(({ name, value }) => (value ? `${name} ${value.text}` : name))).toEqual(options);
  expect(read.rest.map(({ text }) => text)).toEqual(rest);
});
