import { join } from 'node:path';
import { CodeAction, CodeActionRequest, DidChangeConfigurationNotification } from 'vscode-languageserver/node';
import { expect, test } from 'vitest';
import { Editor, applied } from './editor.ts';

const CHECKOUT = join(import.meta.dirname, '../../../..');

const codes = (found: readonly { code?: unknown }[]): unknown[] => found.map(({ code }) => code);

test('finds what is wrong as one types, and that it is right again', async () => {
  await using editor = await Editor.in({ 'my.ks': 'lang en_US.UTF-8\n' });
  expect(await editor.open('my.ks')).toEqual([]);

  const [found] = await editor.change('my.ks', 'lang en_US.UTF-8\nclearpart --al --initlabel --bogus\n');
  expect(found).toMatchObject({
    code: 'KS_UNKNOWN_OPTION',
    severity: 1,
    source: 'kickstart',
    range: { start: { line: 1, character: 27 }, end: { line: 1, character: 34 } },
  });
  expect(found?.message).toMatch(/no option --bogus\nhint: /);

  expect(await editor.change('my.ks', 'lang en_US.UTF-8\nclearpart --all --initlabel\n')).toEqual([]);
});

test('a text that is broken in every way is answered, too', async () => {
  await using editor = await Editor.in({ 'my.ks': '' });
  await editor.open('my.ks');
  const broken = [
    '%packages\nvim',
    'rootpw "open',
    '%include',
    '%include my.ks',
    '%nosuch\n%end\n%end',
    '\u0000\uFEFF\r\r\n',
    'part \\',
  ];
  for (const text of broken) expect(await editor.change('my.ks', text), text).not.toEqual([]);
  expect(await editor.change('my.ks', 'zerombr\n')).toEqual([]);
});

test('a block is checked as a part of what includes it, with the text that is open', async () => {
  await using editor = await Editor.in({
    'a.ks': '%include block.cfg\n',
    'b.ks': 'timezone Europe/Paris\n%include block.cfg\n',
    'block.cfg': 'keyboard us\n',
  });
  expect(await editor.open('block.cfg')).toEqual([]);
  const [found] = await editor.change('block.cfg', 'keybord us\n');
  expect(found).toMatchObject({
    code: 'KS_UNKNOWN_COMMAND',
    relatedInformation: [{ location: { uri: editor.uri('a.ks') }, message: 'included from here' }],
  });
  expect(found?.message).toContain('in 2 leaves');

  // What includes it says so, without being changed itself, until the block is right again.
  const [above] = await editor.open('a.ks');
  expect(above).toMatchObject({
    code: 'KS_UNKNOWN_COMMAND',
    range: { start: { line: 0, character: 0 }, end: { line: 0, character: 8 } },
    relatedInformation: [{ location: { uri: editor.uri('block.cfg') }, message: 'the error' }],
  });
  await editor.change('block.cfg', 'keyboard us\n');
  expect(await editor.found('a.ks', (now) => now.length === 0)).toEqual([]);
});

test('applies the fixes that lint --fix applies', async () => {
  const text = '#version=F44\n%ksappend more.ks\nzerombr\n';
  await using editor = await Editor.in({ 'my.ks': text, 'more.ks': 'lang en_US.UTF-8\n' });
  expect(codes(await editor.open('my.ks'))).toEqual(['KS_IGNORED_LINE']);
  const at = { line: 1, character: 3 };
  const answered = await editor.connection.sendRequest(CodeActionRequest.type, {
    textDocument: { uri: editor.uri('my.ks') },
    range: { start: at, end: at },
    context: { diagnostics: [] },
  });
  const actions = (answered ?? []).filter((one) => CodeAction.is(one));
  expect(actions.map(({ kind }) => kind)).toEqual(['quickfix', 'source.fixAll']);
  for (const action of actions) {
    const edits = action.edit?.changes?.[editor.uri('my.ks')] ?? [];
    expect(applied(text, edits)).toBe('#version=F44\n%include more.ks\nzerombr\n');
  }
  expect(await editor.change('my.ks', '#version=F44\n%include more.ks\nzerombr\n')).toEqual([]);

  const elsewhere = { start: { line: 2, character: 0 }, end: { line: 2, character: 0 } };
  const none = await editor.connection.sendRequest(CodeActionRequest.type, {
    textDocument: { uri: editor.uri('my.ks') },
    range: elsewhere,
    context: { diagnostics: [], only: ['quickfix'] },
  });
  expect(none).toEqual([]);
});

test('uses the lint configuration and the release as the command line does', async () => {
  const text = 'rootpw secret\nautostep\n';
  await using editor = await Editor.in({ 'my.ks': text });
  const usual = codes(await editor.open('my.ks'));
  expect(usual).toContain('KSL_SECRET');
  await editor.write('lint.json', '{ "severity": { "KSL_SECRET": "off" } }');
  const found = await editor.found('my.ks', (now) => !codes(now).includes('KSL_SECRET'));
  expect(codes(found)).toContain('KS_REMOVED_COMMAND');

  await editor.connection.sendNotification(DidChangeConfigurationNotification.type, {
    settings: { kickstart: { release: 'F36', includePaths: null } },
  });
  expect(codes(await editor.found('my.ks', (now) => !codes(now).includes('KS_REMOVED_COMMAND')))).toContain(
    'KS_DEPRECATED_COMMAND',
  );

  await editor.write('lint.json', '{ "severity": { "NO_SUCH_RULE": "off" } }');
  expect(codes(await editor.found('my.ks', (now) => codes(now).includes('LINT_CONFIG_INVALID')))).toEqual([
    'LINT_CONFIG_INVALID',
  ]);
});

test('the leaves of this checkout have no errors, and are leaves to it', async () => {
  await using editor = await Editor.at(CHECKOUT);
  expect(await editor.open('leaves/ldhi.cfg')).toEqual([]);
  const live = await editor.change('leaves/ldhi.cfg', `${editor.read('leaves/ldhi.cfg')}graphical\n`);
  expect(codes(live)).toContain('KS_LIVE_DISPLAY_MODE');
  expect(await editor.open('leaves/blocks/core.cfg')).toEqual([]);
});
