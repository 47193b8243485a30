/**
 * A language server for kickstarts, over standard input and output: diagnostics with fixes, hover, completion,
 * navigation between leaves and flat kickstarts, renaming, formatting, folding and semantic tokens. All it says comes
 * from the flattener's engine, so an editor and the command line never disagree. docs/editor.md has configurations.
 */
import process from 'node:process';
import { ProposedFeatures, createConnection } from 'vscode-languageserver/node';
import { serve } from './server.ts';

// Editors start servers with these options, or with none: there is but one way to talk to this one.
const known = new Set(['--stdio', '--version', '--help']);
const unknown = process.argv.slice(2).find((word) => !known.has(word) && !word.startsWith('--clientProcessId'));
if (unknown !== undefined) {
  process.stderr.write(`error[BAD_OPTION] unknown option ${unknown}\nhint: kickstart-language-server [--stdio]\n`);
  process.exitCode = 2;
} else if (process.argv.includes('--version')) {
  const { default: project } = await import('../package.json', { with: { type: 'json' } });
  process.stdout.write(`${project.version}\n`);
} else if (process.argv.includes('--help')) {
  process.stdout.write(
    'kickstart-language-server [--stdio]\n\nA language server for kickstarts, for editors: it speaks the protocol on standard input and output.\n',
  );
} else {
  serve(createConnection(ProposedFeatures.all, process.stdin, process.stdout));
}
