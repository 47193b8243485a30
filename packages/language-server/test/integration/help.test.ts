import { CompletionRequest, type CompletionItem, HoverRequest, MarkupContent } from 'vscode-languageserver/node';
import { expect, test } from 'vitest';
import { Editor, applied, cursorIn } from './editor.ts';

async function hover(editor: Editor, marked: string): Promise<string | undefined> {
  const { text, at } = cursorIn(marked);
  await editor.change('my.ks', text);
  const shown = await editor.connection.sendRequest(HoverRequest.type, {
    textDocument: { uri: editor.uri('my.ks') },
    position: at,
  });
  return shown !== null && MarkupContent.is(shown.contents) ? shown.contents.value : undefined;
}

async function complete(editor: Editor, marked: string, path = 'my.ks'): Promise<CompletionItem[]> {
  const { text, at } = cursorIn(marked);
  await editor.change(path, text);
  const items = await editor.connection.sendRequest(CompletionRequest.type, {
    textDocument: { uri: editor.uri(path) },
    position: at,
  });
  return Array.isArray(items) ? items : (items?.items ?? []);
}

const labels = (items: readonly CompletionItem[]): string[] => items.map(({ label }) => label);

test('hover: what a command does, since when, what it conflicts with', async () => {
  await using editor = await Editor.in({ 'my.ks': '' });
  await editor.open('my.ks');
  expect(await hover(editor, '#version=F44\nauto‸part --type=btrfs\n')).toMatch(
    /^\*\*autopart\*\*\n\nMakes the partitions[^]*Cannot stand beside `logvol`[^]*- `--type=…` How they/,
  );
  expect(await hover(editor, '#version=F44\nbootc‸ --source-imgref=x\n')).toMatch(
    /Fedora: since 43\.[^]*RHEL: since 10\./,
  );
  expect(await hover(editor, '#version=F36\nauto‸step\n')).toMatch(/Accepted in F36, and does nothing/);
  expect(await hover(editor, '#version=F44\nauto‸step\n')).toMatch(
    /Refused in F44[^]*Fedora: since 3, until 39; without effect from 34 on/,
  );
  expect(await hover(editor, '#version=RHEL10\nau‸th --enablemd5\n')).toMatch(/authselect/);
  expect(await hover(editor, '#version=F36\nbo‸otc\n')).toMatch(/F36 does not have it/);
  expect(await hover(editor, '#version=F44\nnosuch‸ --x\n')).toBeUndefined();
});

test('hover: what an option does, its values and default', async () => {
  await using editor = await Editor.in({ 'my.ks': '' });
  await editor.open('my.ks');
  expect(await hover(editor, 'autopart --ty‸pe=btrfs\n')).toMatch(/One of `lvm`, `btrfs`, `plain`/);
  expect(await hover(editor, 'bootloader --location=m‸br\n')).toMatch(/One of `mbr`[^]*Default: `mbr`/);
  expect(await hover(editor, 'autopart --hiber‸nation\n')).toMatch(/Fedora: since 38/);
  expect(await hover(editor, 'part / --size 50‸0\n')).toMatch(/\*\*--size=…\*\*[^]*In MiB[^]*A whole number/);
  expect(await hover(editor, 'timezone Europe/‸Paris\n')).toMatch(/\*\*timezone\*\*[^]*As `Europe\/Paris`/);
  expect(await hover(editor, '%pack‸ages --nocore\n%end\n')).toMatch(/one entry a line/);
  expect(await hover(editor, '%packages --noc‸ore\n%end\n')).toMatch(/Leaves out the group Core/);
  expect(await hover(editor, '%post\nec‸ho hello\n%end\n')).toBeUndefined();
  expect(await hover(editor, '# a com‸ment\n')).toBeUndefined();
});

test('hover: the file that an include means', async () => {
  await using editor = await Editor.in({ 'my.ks': '', 'blocks/a.cfg': '# What a is for.\nzerombr\n' });
  await editor.open('my.ks');
  expect(await hover(editor, '%include blocks/‸a.cfg\n')).toBe(
    '**blocks/a.cfg**\n\nWhat a is for.\n\nA part of my.ks.',
  );
  expect(await hover(editor, '%include blocks/‸b.cfg\n')).toMatch(/No such file/);
});

test('completion: commands and sections of the release', async () => {
  await using editor = await Editor.in({ 'my.ks': '' });
  await editor.open('my.ks');
  const commands = await complete(editor, '#version=F44\nauto‸\n');
  expect(labels(commands)).toEqual(['autopart']);
  expect(labels(await complete(editor, '#version=F36\nauto‸\n'))).toContain('autostep');
  const [post] = await complete(editor, '#version=F44\n%pos‸\n');
  expect(post).toMatchObject({ label: '%post', insertTextFormat: 2, textEdit: { newText: '%post$1\n$0\n%end' } });
  expect(await complete(editor, '# a‸\n')).toEqual([]);
  expect(await complete(editor, 'zerombr # a‸\n')).toEqual([]);
});

test('completion: options that are not there yet, with a value where they take one', async () => {
  await using editor = await Editor.in({ 'my.ks': '' });
  await editor.open('my.ks');
  const items = await complete(editor, 'clearpart --all --‸\n');
  expect(labels(items)).toContain('--drives');
  expect(labels(items)).not.toContain('--all');
  const drives = items.find(({ label }) => label === '--drives');
  const edit = drives?.textEdit;
  if (edit === undefined || !('range' in edit)) throw new Error('no edit');
  expect(applied('clearpart --all --\n', [edit])).toBe('clearpart --all --drives=\n');
  expect(labels(await complete(editor, '%packages --‸\n%end\n'))).toContain('--nocore');
});

test('completion: values of enumerations, time zones, units', async () => {
  await using editor = await Editor.in({ 'my.ks': '' });
  await editor.open('my.ks');
  expect(labels(await complete(editor, 'autopart --type=b‸\n'))).toEqual(['--type=btrfs']);
  expect(labels(await complete(editor, 'raid / --level ‸\n'))).toContain('RAID10');
  expect(labels(await complete(editor, 'network --onboot=‸\n'))).toEqual(['--onboot=yes', '--onboot=no']);
  expect(labels(await complete(editor, 'timezone Europe/Pa‸\n'))).toEqual(['Europe/Paris']);
  expect(labels(await complete(editor, 'services --enabled=sshd,chron‸\n'))).toContain('--enabled=sshd,chronyd');
  expect(await complete(editor, 'part / --label=‸\n')).toEqual([]);
});

test('completion: files to include, packages of other kickstarts, nothing in scripts', async () => {
  await using editor = await Editor.in({
    'my.ks': '',
    'blocks/a.cfg': '%packages\nvim-enhanced\n@core\n-nano\n%end\n',
    'blocks/b.cfg': '',
  });
  await editor.open('my.ks');
  await editor.open('blocks/b.cfg');
  expect(labels(await complete(editor, '%include ‸\n'))).toEqual(['blocks/a.cfg', 'blocks/b.cfg']);
  expect(labels(await complete(editor, '%include ‸\n', 'blocks/b.cfg'))).toEqual(['a.cfg', '../my.ks']);
  expect(labels(await complete(editor, '%packages\nvi‸\n%end\n'))).toEqual(['vim-enhanced']);
  expect(labels(await complete(editor, '%packages\n@‸\n%end\n'))).toEqual(['@core']);
  expect(labels(await complete(editor, '%packages\n-na‸\n%end\n'))).toEqual(['-nano']);
  expect(labels(await complete(editor, '%packages\n%in‸\n%end\n'))).toEqual(['%include']);
  expect(await complete(editor, '%post\nvi‸\n%end\n')).toEqual([]);
  expect(labels(await complete(editor, '%post\n%e‸\n'))).toEqual(['%end']);
});
