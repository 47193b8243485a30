import type { Diagnostic } from '../../diagnostics.ts';
import { renderDiagnostic } from '../../render-diagnostic.ts';
import { describe } from '../../source.ts';
import { type Problem, pykickstartMessage } from '../problem.ts';
import { readAsPykickstart } from '../read.ts';
import type { ToolIo } from './io.ts';
import { type ToolOptions, UsageProblem, option, readOptions } from './options.ts';
import { DEFAULT_VERSION, releaseOf, unknownVersion } from './versions.ts';

const USAGE = 'usage: ksflatten [-h] -c KSCFG [-v VERSION] [-o OUTPUT]\n';
const HELP = `${USAGE}
options:
  -h, --help            show this help message and exit
  -c, --config KSCFG    path to the kickstart file
  -v, --version VERSION the release whose syntax it has (${DEFAULT_VERSION} unless given)
  -o, --output OUTPUT   write the flat kickstart to OUTPUT
`;

const OPTIONS = [
  option('h', 'help', 'store_true'),
  option('c', 'config'),
  option('v', 'version'),
  option('o', 'output'),
];

/** `ksflatten -c FILE [-v VERSION] [-o OUTPUT]`, as pykickstart has it. @returns the exit code */
export function ksflatten(args: readonly string[], io: ToolIo): number {
  let options: ToolOptions;
  let file: string | undefined;
  try {
    options = readOptions(args, OPTIONS);
    file = options.value('config');
    if (file === undefined && !options.has('help')) {
      throw new UsageProblem('the following arguments are required: -c/--config');
    }
  } catch (error) {
    if (!(error instanceof UsageProblem)) throw error;
    io.stderr(`${USAGE}ksflatten: error: ${error.message}\n`);
    return 2;
  }
  if (options.has('help') || file === undefined) {
    io.stdout(HELP);
    return 0;
  }
  return flatten(file, options.value('version') ?? DEFAULT_VERSION, options.value('output'), io);
}

function flatten(file: string, version: string, output: string | undefined, io: ToolIo): number {
  const release = releaseOf(version);
  if (release === undefined) {
    io.stderr(`${unknownVersion(version)}\n`);
    return 1;
  }
  if (!exists(file, io)) {
    const message = `Unable to open input kickstart file: Error opening file: No such file or directory: '${file}'`;
    io.stderr(`Failed to parse kickstart file '${file}' : ${pykickstartMessage({ line: 0, message })}\n`);
    return 1;
  }
  const kickstart = readAsPykickstart(file, { readFile: io.readFile, readDirectory: io.readDirectory, release });
  const errors = kickstart.problems.filter(({ kind }) => kind === 'fatal' || kind === 'error');
  const [first] = errors;
  const picture = pictures(io);
  printWarnings(kickstart.problems, picture, io);
  if (first !== undefined) {
    io.stderr(`Failed to parse kickstart file '${file}' : ${pykickstartMessage(first)}\n`);
    for (const { diagnostic } of errors) io.stderr(`${picture(diagnostic)}\n`);
    return 1;
  }
  const text = kickstart.print();
  if (output === undefined) {
    io.stdout(text);
    return 0;
  }
  try {
    io.writeFile(output, text);
  } catch (error) {
    io.stderr(`Failed to open output file '${output}' : ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
  return 0;
}

/** Enough for anyone to start with; each picture costs reading the file again. */
const MAX_PICTURES = 50;

/** How problems are shown: with a picture of the line at first, then in one line each. */
export function pictures(io: Pick<ToolIo, 'readFile'>): (diagnostic: Diagnostic) => string {
  let count = 0;
  return (diagnostic) => {
    count += 1;
    // A file that cannot be read only costs the picture of the line.
    if (count <= MAX_PICTURES) return renderDiagnostic(diagnostic, (path) => tryRead(path, io));
    const { severity, code, at, message } = diagnostic;
    return `${severity}[${code}] ${describe(at)} ${message}`;
  };
}

function tryRead(path: string, io: Pick<ToolIo, 'readFile'>): string | undefined {
  try {
    return io.readFile(path);
  } catch {
    return undefined;
  }
}

function exists(file: string, io: ToolIo): boolean {
  try {
    return io.readFile(file) !== undefined;
  } catch {
    return true;
  }
}

/** Duplicates, as pykickstart words them; and what it would lose without a word. Deprecations stay unsaid. */
function printWarnings(problems: readonly Problem[], picture: (diagnostic: Diagnostic) => string, io: ToolIo): void {
  const printed = new Set<string>();
  for (const { kind, message, diagnostic } of problems) {
    if (kind === 'notice') io.stderr(`${picture(diagnostic)}\n`);
    if (kind !== 'duplicate' || printed.has(message)) continue;
    printed.add(message);
    io.stderr(`${diagnostic.at.path}:${diagnostic.at.line}: KickstartParseWarning: ${message}\n`);
  }
}
