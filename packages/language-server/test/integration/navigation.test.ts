import { join } from 'node:path';
import {
  DefinitionRequest,
  FoldingRangeRequest,
  ImplementationRequest,
  PrepareRenameRequest,
  ReferencesRequest,
  RenameRequest,
  RequestType,
  SemanticTokensRequest,
  TextDocumentEdit,
  WillRenameFilesRequest,
  type WorkspaceEdit,
} from 'vscode-languageserver/node';
import { flatten } from '@phyllome/flattener';
import { expect, test } from 'vitest';
import { Editor, applied } from './editor.ts';

const CHECKOUT = join(import.meta.dirname, '../../../..');
const FLAT_LINES = new RequestType<
  object,
  { leaf: string; flat?: string; lines: { line: number; text: string }[] }[],
  void
>('kickstart/flatLines');

const at = (editor: Editor, path: string, line: number, character = 0) => ({
  textDocument: { uri: editor.uri(path) },
  position: { line: line - 1, character },
});
const lineOf = (text: string, start: string): number =>
  text.split('\n').findIndex((line) => line.startsWith(start)) + 1;

test('goes from an include to its file, and from a file to who includes it', async () => {
  await using editor = await Editor.at(CHECKOUT);
  await editor.open('leaves/ldhi.cfg');
  const line = lineOf(editor.read('leaves/ldhi.cfg'), '%include blocks/core.cfg');
  const definition = await editor.connection.sendRequest(
    DefinitionRequest.type,
    at(editor, 'leaves/ldhi.cfg', line, 12),
  );
  expect(definition).toMatchObject([{ uri: editor.uri('leaves/blocks/core.cfg'), range: { start: { line: 0 } } }]);

  await editor.open('leaves/blocks/core.cfg');
  const context = { includeDeclaration: true };
  const references = await editor.connection.sendRequest(ReferencesRequest.type, {
    ...at(editor, 'leaves/blocks/core.cfg', 1),
    context,
  });
  expect(references).toContainEqual({
    uri: editor.uri('leaves/ldhi.cfg'),
    range: { start: { line: line - 1, character: 9 }, end: { line: line - 1, character: 24 } },
  });
  const same = await editor.connection.sendRequest(ReferencesRequest.type, {
    ...at(editor, 'leaves/ldhi.cfg', line, 12),
    context,
  });
  expect(same).toEqual(references);
});

test('goes from a flat line to its leaf line, and back', async () => {
  await using editor = await Editor.at(CHECKOUT);
  const flat = editor.read('flat/flat-ldhi.cfg');
  await editor.open('flat/flat-ldhi.cfg');
  const flatLine = lineOf(flat, 'gnome-shell');
  const leafLine = lineOf(editor.read('leaves/blocks/desktop/gnome.cfg'), 'gnome-shell');
  const definition = await editor.connection.sendRequest(
    DefinitionRequest.type,
    at(editor, 'flat/flat-ldhi.cfg', flatLine),
  );
  expect(definition).toMatchObject([
    { uri: editor.uri('leaves/blocks/desktop/gnome.cfg'), range: { start: { line: leafLine - 1 } } },
  ]);

  await editor.open('leaves/blocks/desktop/gnome.cfg');
  const here = at(editor, 'leaves/blocks/desktop/gnome.cfg', leafLine);
  expect(await editor.connection.sendRequest(ImplementationRequest.type, here)).toContainEqual({
    uri: editor.uri('flat/flat-ldhi.cfg'),
    range: { start: { line: flatLine - 1, character: 0 }, end: { line: flatLine - 1, character: 0 } },
  });
  const lines = await editor.connection.sendRequest(FLAT_LINES, here);
  expect(lines.find(({ leaf }) => leaf === 'leaves/ldhi.cfg')).toMatchObject({
    flat: 'flat/flat-ldhi.cfg',
    lines: [{ line: flatLine, text: 'gnome-shell' }],
  });

  // A flat kickstart that is not what its leaf gives now would be explained by other lines.
  await editor.change('flat/flat-ldhi.cfg', `# ${flat}`);
  expect(
    await editor.connection.sendRequest(DefinitionRequest.type, at(editor, 'flat/flat-ldhi.cfg', flatLine)),
  ).toEqual([]);
});

const TREE = {
  'a.ks': '#version=F44\n%include blocks/one.cfg\ntimezone Europe/Paris\n',
  'b.ks': '#version=F44\n%packages\n@core\n%include blocks/names.cfg\n%end\n%include "blocks/one.cfg" # first\n',
  'blocks/one.cfg': 'lang en_US.UTF-8\n%include two.cfg\n',
  'blocks/two.cfg': 'keyboard us\n',
  'blocks/names.cfg': 'vim-enhanced\n',
};

/** The texts after an edit, by their paths, as an editor carries it out. */
function carriedOut(
  editor: Editor,
  tree: Readonly<Record<string, string>>,
  edit: WorkspaceEdit | null,
): Record<string, string> {
  const texts: Record<string, string> = { ...tree };
  for (const change of edit?.documentChanges ?? []) {
    if (TextDocumentEdit.is(change)) {
      const path = Object.keys(texts).find((one) => editor.uri(one) === change.textDocument.uri) ?? '';
      texts[path] = applied(
        texts[path] ?? '',
        change.edits.flatMap((one) => ('newText' in one ? [one] : [])),
      );
    } else if (change.kind === 'rename') {
      const path = Object.keys(texts).find((one) => editor.uri(one) === change.oldUri) ?? '';
      const text = texts[path] ?? '';
      delete texts[path];
      texts[decodeURIComponent(change.newUri.slice(editor.uri('').length).replace(/^\//, ''))] = text;
    }
  }
  return texts;
}

const meaning = (texts: Readonly<Record<string, string>>, path: string): string =>
  flatten(path, { readFile: (one) => texts[one] }).text;

test('renames a block with every line that includes it, and what it includes itself', async () => {
  await using editor = await Editor.in(TREE);
  await editor.open('a.ks');
  expect(await editor.connection.sendRequest(PrepareRenameRequest.type, at(editor, 'a.ks', 2, 12))).toEqual({
    range: { start: { line: 1, character: 9 }, end: { line: 1, character: 23 } },
    placeholder: 'blocks/one.cfg',
    path: 'blocks/one.cfg',
  });
  expect(await editor.connection.sendRequest(PrepareRenameRequest.type, at(editor, 'a.ks', 3, 2))).toBeNull();
  const edit = await editor.connection.sendRequest(RenameRequest.type, {
    ...at(editor, 'a.ks', 2, 12),
    newName: 'parts/first.cfg',
  });
  const after = carriedOut(editor, TREE, edit);
  expect(after['a.ks']).toContain('%include parts/first.cfg\n');
  expect(after['b.ks']).toContain('%include parts/first.cfg # first\n');
  expect(after['parts/first.cfg']).toBe('lang en_US.UTF-8\n%include ../blocks/two.cfg\n');
  expect(Object.keys(after)).not.toContain('blocks/one.cfg');
  for (const root of ['a.ks', 'b.ks']) expect(meaning(after, root)).toBe(meaning(TREE, root));
});

test('refuses a name that is taken, that leads outside, or that no include can have', async () => {
  await using editor = await Editor.in(TREE);
  await editor.open('a.ks');
  for (const [newName, why] of [
    ['blocks/two.cfg', /exists already/],
    ['../elsewhere.cfg', /outside/],
    ['a b.cfg', /cannot be the path/],
  ] as const) {
    const asked = editor.connection.sendRequest(RenameRequest.type, { ...at(editor, 'a.ks', 2, 12), newName });
    await expect(asked).rejects.toThrow(why);
  }
});

test('a file that the editor itself renames takes its includes along', async () => {
  await using editor = await Editor.in(TREE);
  await editor.open('a.ks');
  const edit = await editor.connection.sendRequest(WillRenameFilesRequest.type, {
    files: [{ oldUri: editor.uri('blocks/names.cfg'), newUri: editor.uri('names.cfg') }],
  });
  const { 'blocks/names.cfg': names = '', ...rest } = carriedOut(editor, TREE, edit);
  expect(rest['b.ks']).toContain('%include names.cfg\n');
  expect(meaning({ ...rest, 'names.cfg': names }, 'b.ks')).toBe(meaning(TREE, 'b.ks'));
});

test('folds sections, comments and includes', async () => {
  const text = '# a\n# b\n%include a\n%include b\n%include c\nzerombr\n%packages\n@core\n%end\n%post\n%end\n';
  await using editor = await Editor.in({ 'my.ks': text });
  await editor.open('my.ks');
  const folds = await editor.connection.sendRequest(FoldingRangeRequest.type, {
    textDocument: { uri: editor.uri('my.ks') },
  });
  expect(folds).toEqual([
    { startLine: 0, endLine: 1, kind: 'comment' },
    { startLine: 2, endLine: 4, kind: 'imports' },
    { startLine: 6, endLine: 7, kind: 'region' },
  ]);
});

test('colours words by what they are, and leaves scripts alone', async () => {
  const text =
    '#version=F36\npart / --size=500 # x\nautostep\n%packages --nocore\n@core\n-nano # y\n%end\n%post\necho 1 # z\n%end\n';
  await using editor = await Editor.in({ 'my.ks': text });
  await editor.open('my.ks');
  const { legend } = editor.capabilities.semanticTokensProvider ?? {};
  const tokens = await editor.connection.sendRequest(SemanticTokensRequest.type, {
    textDocument: { uri: editor.uri('my.ks') },
  });
  const lines = text.split('\n');
  let [line, start] = [0, 0];
  const words: string[] = [];
  const data = tokens?.data ?? [];
  for (let index = 0; index < data.length; index += 5) {
    const [down = 0, right = 0, length = 0, type = 0, modifiers = 0] = data.slice(index, index + 5);
    line += down;
    start = down > 0 ? right : start + right;
    words.push(`${legend?.tokenTypes[type]}${modifiers > 0 ? '!' : ''} ${lines[line]?.slice(start, start + length)}`);
  }
  expect(words).toEqual([
    'comment #version=F36',
    'keyword part',
    'string /',
    'parameter --size',
    'number 500',
    'comment # x',
    'keyword! autostep',
    'macro %packages',
    'parameter --nocore',
    'class @core',
    'string -nano',
    'comment # y',
    'macro %end',
    'macro %post',
    'macro %end',
  ]);
});
