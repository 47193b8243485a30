import { strip } from '../../blanks.ts';
import type { OptionSpec } from '../../commands/table.ts';
import { type PykickstartOptions, readAsPykickstart } from '../read.ts';
import { type Problem, pykickstartMessage } from '../problem.ts';
import { splitPythonLines } from '../../source.ts';
import type { ToolIo } from './io.ts';
import { pictures } from './ksflatten.ts';
import { type ToolOptions, UsageProblem, option, readOptions } from './options.ts';
import { DEFAULT_VERSION, listVersions, releaseOf, unknownVersion } from './versions.ts';

const USAGE = 'usage: ksvalidator [options] ksfile [ksfile...]\n';
const HELP = `${USAGE}
positional arguments:
  ksfile                files to check, or patterns

options:
  -e, --firsterror      stop at the first error or warning
  -i, --followincludes  check included files, too
  -l, --listversions    list the releases whose syntax is known
  -v, --version VERSION the release whose syntax the files have (${DEFAULT_VERSION} unless given)
  -h, --help            show this help message and exit
`;

/** More problems than an exit code can count still are problems. */
const MAX_EXIT_CODE = 255;

const OPTIONS: readonly OptionSpec[] = [
  { flags: [], dest: 'files', nargs: '*', positional: true },
  option('e', 'firsterror', 'store_true'),
  option('i', 'followincludes', 'store_true'),
  option('l', 'listversions', 'store_true'),
  option('v', 'version'),
  option('h', 'help', 'store_true'),
];

/** `ksvalidator [-e] [-i] [-l] [-v VERSION] FILE...`, as pykickstart has it. @returns the exit code: how many problems */
export function ksvalidator(args: readonly string[], io: ToolIo): number {
  let options: ToolOptions;
  try {
    options = readOptions(args, OPTIONS);
  } catch (error) {
    if (!(error instanceof UsageProblem)) throw error;
    io.stderr(`${USAGE}ksvalidator: error: ${error.message}\n`);
    return 2;
  }
  if (options.has('help')) {
    io.stdout(HELP);
    return 0;
  }
  if (options.has('listversions')) {
    io.stdout(listVersions());
    return 0;
  }
  const patterns = options.list('files');
  if (patterns.length === 0) {
    io.stdout(USAGE);
    return 1;
  }
  const files = patterns.flatMap((pattern) => (pattern.includes('://') ? [pattern] : io.glob(pattern)));
  if (files.length === 0) {
    io.stdout('No files match the patterns.\n');
    return 1;
  }
  const version = options.value('version') ?? DEFAULT_VERSION;
  const release = releaseOf(version);
  if (release === undefined) {
    for (const file of files.slice(0, 1)) io.stdout(`\nChecking kickstart file ${file}\n\n`);
    io.stdout(`${unknownVersion(version)}\n`);
    return 1;
  }
  const how = { release, followIncludes: options.has('followincludes'), isValidator: true };
  let count = 0;
  const last: string[] = [];
  for (const file of files) {
    io.stdout(`\nChecking kickstart file ${file}\n\n`);
    const { problems, atEnd } = validate(file, how, options.has('firsterror'), io);
    count += problems;
    for (const one of atEnd) last.push(one);
  }
  for (const message of last) io.stdout(`${message}\n`);
  return Math.min(count, MAX_EXIT_CODE);
}

/** What is wrong with one file: printed at once where checking goes on, otherwise at the end. */
function validate(
  file: string,
  how: Pick<PykickstartOptions, 'release' | 'followIncludes' | 'isValidator'>,
  stopsAtFirst: boolean,
  io: ToolIo,
): { problems: number; atEnd: string[] } {
  let text: string | undefined;
  try {
    text = io.readFile(file);
  } catch (error) {
    return {
      problems: 1,
      atEnd: [`Error reading ${file}:\n${error instanceof Error ? error.message : String(error)}`],
    };
  }
  if (text === undefined) {
    const hint = file.includes('://') ? 'fetch it first: only files are read here' : 'no such file';
    return { problems: 1, atEnd: [`Error reading ${file}:\n${hint}`] };
  }
  const appended = withAppended(text, io);
  if (appended.problem !== undefined) return { problems: 1, atEnd: [appended.problem] };
  if (/^[ \t\n\r\v\f]*$/.test(appended.text))
    return { problems: 1, atEnd: ['General error in input file:  Empty file'] };
  const readFile = (path: string): string | undefined => (path === file ? appended.text : io.readFile(path));
  const kickstart = readAsPykickstart(file, { ...how, readFile, readDirectory: io.readDirectory });
  const errors = kickstart.problems.filter(({ kind }) => kind === 'fatal' || kind === 'error');
  const [first] = errors;
  const picture = pictures({ readFile });
  const print = (problem: Problem): string => `${pykickstartMessage(problem)}\n${picture(problem.diagnostic)}`;
  for (const { kind, diagnostic } of kickstart.problems) {
    if (kind === 'notice') io.stderr(`${picture(diagnostic)}\n`);
  }
  if (stopsAtFirst && first !== undefined) return { problems: 1, atEnd: [print(first)] };
  const fatal = errors.find(({ kind }) => kind === 'fatal');
  for (const error of errors) if (error !== fatal) io.stderr(`${print(error)}\n`);
  // What went before a fatal error was reported, but pykickstart does not count it.
  return fatal === undefined ? { problems: errors.length, atEnd: [] } : { problems: 1, atEnd: [print(fatal)] };
}

/** The text with each `%ksappend FILE` line replaced by that file, wherever it stands. */
function withAppended(text: string, io: ToolIo): { text: string; problem?: string } {
  const lines: string[] = [];
  for (const { number, text: line, eol } of splitPythonLines(text)) {
    if (!strip(line).startsWith('%ksappend')) {
      lines.push(line + eol);
      continue;
    }
    const path = strip(line).split(' ')[1];
    if (path === undefined) {
      const message = `Illegal url for %ksappend: ${strip(line)}`;
      return { text, problem: pykickstartMessage({ line: number, message }) };
    }
    const contents = path.includes('://') ? undefined : io.readFile(path);
    if (contents === undefined) {
      const hint = path.includes('://') ? 'only files can be appended: fetch it first' : `no such file: ${path}`;
      return { text, problem: `General kickstart error in input file\nline ${number}: %ksappend: ${hint}` };
    }
    lines.push(contents);
  }
  return { text: lines.join('') };
}
