import { expect, test } from 'vitest';
import { execa } from 'execa';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { reporter } from '../../../cli/test/loaded-files.ts';

const program = join(import.meta.dirname, '../../bin/kickstart-language-server.js');
function framed(message: object): string {
  const body = JSON.stringify({ jsonrpc: '2.0', ...message });
  return `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/** What the server loads until it has answered `initialize` and reported what is wrong with a kickstart. */
async function loadedFor(initializationOptions?: unknown): Promise<string> {
  const root = import.meta.dirname;
  const server = execa(process.execPath, ['--import', reporter, program, '--stdio'], { stdin: 'pipe' });
  const reported = Promise.withResolvers<void>();
  let seen = '';
  server.stdout.on('data', (data: Buffer) => {
    seen += data.toString();
    if (seen.includes('KS_UNKNOWN_OPTION')) reported.resolve();
  });
  const textDocument = { uri: pathToFileURL(join(root, 'a.ks')).href, languageId: 'kickstart', version: 1 };
  const params = { processId: null, rootUri: pathToFileURL(root).href, capabilities: {}, initializationOptions };
  server.stdin.write(framed({ id: 1, method: 'initialize', params }));
  server.stdin.write(framed({ method: 'initialized', params: {} }));
  const opened = { textDocument: { ...textDocument, text: 'clearpart --nosuch\n' } };
  server.stdin.write(framed({ method: 'textDocument/didOpen', params: opened }));
  await Promise.race([reported.promise, server]);
  server.stdin.write(framed({ id: 2, method: 'shutdown' }));
  server.stdin.write(framed({ method: 'exit' }));
  return (await server).stderr;
}

const validator = /node_modules\/zod\//;

test('a start loads no library that it does not need', async () => {
  expect(await loadedFor()).not.toMatch(validator);
});

test('what checks settings is loaded where there are some', async () => {
  expect(await loadedFor({ release: 'F44' })).toMatch(validator);
});
