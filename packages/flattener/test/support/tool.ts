import type { ToolIo } from '../../src/pykickstart/tools/io.ts';

/** What a tool did. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly written: Readonly<Record<string, string>>;
}

/** Runs a tool on files in memory; a file that is `undefined` cannot be read. */
export function run(
  tool: (args: readonly string[], io: ToolIo) => number,
  args: readonly string[],
  files: Readonly<Record<string, string | undefined>> = {},
): Ran {
  const [out, errors]: [string[], string[]] = [[], []];
  const written: Record<string, string> = {};
  const code = tool(args, {
    readFile: (path) => {
      if (path in files && files[path] === undefined) throw new Error(`${path}: invalid UTF-8 in line 1`);
      return files[path];
    },
    readDirectory: () => Object.keys(files),
    glob: (pattern) => (pattern === '*.ks' ? Object.keys(files).toSorted() : pattern in files ? [pattern] : []),
    writeFile: (path, text) => {
      if (path.startsWith('/none/')) throw new Error('no such directory');
      written[path] = text;
    },
    stdout: (text) => out.push(text),
    stderr: (text) => errors.push(text),
  });
  return { code, stdout: out.join(''), stderr: errors.join(''), written };
}
