import { KickstartError, flatten, renderDiagnostic } from '@phyllome/flattener';
import { cpuTime } from './measure.ts';

/** How the time grows with an input that is made to be hard: eight times the size should take about eight times as long. */
export interface Scaling {
  name: string;
  size: number;
  ms: number;
  largeMs: number;
}

type Files = Readonly<Record<string, string>>;

const SIZE = 10_000;

/** Inputs of a size, each of which some flattener is slow at. */
const INPUTS: Readonly<Record<string, (size: number) => Files>> = {
  'packages in one section': (size) => leaf(`%packages\n${lines(size, (at) => `package${at}`)}%end\n`),
  '%packages sections of one package': (size) => leaf(lines(size, (at) => `%packages\npackage${at}\n%end`)),
  'lines of one command': (size) => leaf(lines(size, (at) => `bootloader --append=a${at}`)),
  'users of the same name': (size) => leaf(lines(size, () => 'user --name=a')),
  'users of different names': (size) => leaf(lines(size, (at) => `user --name=a${at}`)),
  'unknown commands': (size) => leaf(lines(size, (at) => `commando${at % 97}`)),
  'words that nothing takes': (size) => leaf(`lang C ${'a '.repeat(size)}\n`),
  'options that there are not': (size) => leaf(`part / ${'--siez=9 '.repeat(size)}\n`),
  'words in one line': (size) => leaf(`user --name=a --groups ${'"a\\"b" '.repeat(size)}\n`),
  'quotes that never close': (size) => leaf(lines(size, () => `lang "${'a'.repeat(20)}`)),
  'sections that never end': (size) => leaf(lines(size, () => '%post\necho')),
  'includes of one file': (size) => ({
    'leaf.cfg': lines(size, () => '%include a.cfg'),
    'a.cfg': 'part /a --size=1\n',
  }),
  'blanks in one line': (size) => leaf(`lang C${' '.repeat(size * 20)}# x\n`),
  'comments above one command': (size) => leaf(`${lines(size, (at) => `# ${at}`)}lang C\n`),
};

export function scalings(): Scaling[] {
  return Object.entries(INPUTS).map(([name, make]) => ({
    name,
    size: SIZE,
    ms: time(make(SIZE)),
    largeMs: time(make(SIZE * 8)),
  }));
}

function time(files: Files): number {
  return cpuTime(() => {
    try {
      flatten('leaf.cfg', { readFile: (path) => files[path], comments: true });
    } catch (error) {
      if (!(error instanceof KickstartError)) throw error;
      for (const diagnostic of error.diagnostics) renderDiagnostic(diagnostic, (path) => files[path]);
    }
  });
}

const leaf = (text: string): Files => ({ 'leaf.cfg': text });

function lines(count: number, line: (at: number) => string): string {
  return Array.from({ length: count }, (_, at) => `${line(at)}\n`).join('');
}
