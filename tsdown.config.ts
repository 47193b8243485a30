import { cpSync, existsSync, globSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'tsdown';

/**
 * Makes `packages/<name>/dist` of the sources: what is published, for every supported Node. In the workspace the sources run as
 * they are. A file stays a file in its place, since many read another beside them; what `publishConfig` in package.json
 * exports leads to all that is needed, threads and programs for containers apart. The types are tsc's (tsconfig.build.json).
 */
const alsoStarted: Record<string, readonly string[]> = {
  'iso-builder': ['src/container/fetch-worker.ts'],
  'nx-plugin': ['src/executor.ts'],
  rehearsal: ['src/livemedia-creator.ts', 'src/anaconda.ts'],
};

/** Files that are read as they are, not loaded. */
const alsoRead = ['agent.sh', 'init.sh', 'page.css', 'page-script.js', 'resolve.py', '*.schema.json'];

/** What `phyllome init` puts into a workspace. */
const forNewWorkspaces = [
  'release.json',
  'containers/{build-date,project.json}',
  'containers/fedora/{,machine/}Containerfile',
  'containers/rehearsal/{Containerfile,*.json,*.lock}',
];

/** `src/index.ts` of `./dist/index.js`. */
function sourceOf(cwd: string, built: string): string {
  const path = built.replace('./dist/', 'src/');
  return existsSync(join(cwd, path)) ? path : path.replace(/\.js$/u, '.ts');
}

/** Copies what matches, each file to where it is in `from`. */
function copy(from: string, glob: string, to: string): void {
  for (const path of globSync(glob, { cwd: from })) cpSync(join(from, path), join(to, path));
}

export default defineConfig(
  readdirSync('packages').map((name) => {
    const cwd = `packages/${name}`;
    const { publishConfig } = JSON.parse(readFileSync(`${cwd}/package.json`, 'utf8'));
    const published = Object.values<string>({ ...publishConfig.exports, ...publishConfig.imports }).filter((path) =>
      path.startsWith('./dist/'),
    );
    return {
      cwd,
      entry: [...new Set([...published.map((path) => sourceOf(cwd, path)), ...(alsoStarted[name] ?? [])])],
      root: 'src',
      unbundle: true,
      platform: 'node',
      target: 'node22',
      dts: false,
      fixedExtension: false,
      // Node 22 lacks these globals.
      inputOptions: {
        transform: {
          inject: {
            AsyncDisposableStack: ['@whatwg-node/disposablestack', 'AsyncDisposableStack'],
            DisposableStack: ['@whatwg-node/disposablestack', 'DisposableStack'],
          },
        },
      },
      hooks: {
        'build:done': () => {
          copy(`dist/types/${name}/src`, '**/*.d.ts', `${cwd}/dist`);
          if (name === 'cli') for (const file of forNewWorkspaces) copy('.', file, `${cwd}/dist/assets`);
          for (const file of alsoRead) copy(`${cwd}/src`, `**/${file}`, `${cwd}/dist`);
        },
      },
    } as const;
  }),
);
