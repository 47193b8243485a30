// A client for kickstart-language-server: all that it knows is how to find and start it.
const { existsSync } = require('node:fs');
const path = require('node:path');
const { workspace } = require('vscode');
const { LanguageClient, TransportKind } = require('vscode-languageclient/node');

/** The client that runs, if any. */
let client;

/** The server that is set, the one of an open folder, or the one on the PATH. */
function server() {
  const set = workspace.getConfiguration('kickstart').get('server');
  if (set) return set;
  const inFolder = (workspace.workspaceFolders ?? [])
    .map(({ uri }) => path.join(uri.fsPath, 'node_modules/.bin/kickstart-language-server'))
    .find((file) => existsSync(file));
  return inFolder ?? 'kickstart-language-server';
}

exports.activate = async function activate() {
  client = new LanguageClient(
    'kickstart',
    'Kickstart',
    { command: server(), args: ['--stdio'], transport: TransportKind.stdio },
    {
      documentSelector: [{ language: 'kickstart' }],
      initializationOptions: workspace.getConfiguration('kickstart'),
      synchronize: { configurationSection: 'kickstart' },
    },
  );
  await client.start();
};

exports.deactivate = function deactivate() {
  return client?.stop();
};
