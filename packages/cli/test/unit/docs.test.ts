/** What the documentation says is so: its commands exist, its links lead somewhere, its variables are read. */
import { execFile } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { createNodes } from '@phyllome/nx-plugin';
import type { CreateNodesContext, ProjectConfiguration } from '@nx/devkit';
import { beforeAll, describe, expect, test } from 'vitest';
import { variables } from '../../src/manual/facts.ts';
import { type Facts, problemsOf } from '../docs/check.ts';
import { type Snippet, pages, readPage, root, snippetsOf } from '../docs/read.ts';

let facts: Facts;
beforeAll(async () => {
  const leaves = globSync('leaves/*.cfg', { cwd: root() });
  const context: CreateNodesContext = { workspaceRoot: root(), nxJsonConfiguration: {} };
  const nodes = await createNodes[1]([...leaves, 'containers/project.json'], undefined, context);
  const named: ProjectConfiguration[] = nodes.flatMap(([, { projects = {} }]) =>
    Object.entries(projects).map(([folder, project]) => ({ root: folder, ...project })),
  );
  facts = { projects: named };
});

const sessions = 'docs/sessions/README.md';
const all = [...pages, sessions].map((page) => ({ page, snippets: snippetsOf(page, readPage(page)) }));

describe('the commands of the documentation exist, with their options', () => {
  test.each(all.filter(({ snippets }) => snippets.length > 0))('$page', async ({ snippets }) => {
    const problems = await Promise.all(snippets.map((snippet) => problemsOf(snippet, facts)));
    expect(problems.flat()).toEqual([]);
  });

  test('the shell can read its blocks', async () => {
    for (const { text, place } of all.flatMap(({ snippets }) => snippets.filter(({ kind }) => kind === 'block')))
      await expect(promisify(execFile)('bash', ['-n', '-c', text]), place).resolves.toBeDefined();
  });

  test.each([
    ['phyllome bild dhi', /unknown command/u],
    ['pnpm phyllome build dhi --nosuch', /unknown option/u],
    ['pnpm phyllome build dhi --profile fast', /Allowed choices are draft, release/u],
    ['phyllome store nosuch', /unknown command/u],
    ['phyllome build', /missing required argument/u],
    ['phyllome dev dhi ldhi', /too many arguments/u],
    ['ls && pnpm nx bild iso-dhi', /bild is not a target/u],
    ['pnpm nx build iso-nosuch', /iso-nosuch is not a project/u],
    ['pnpm nx build iso-dhi --configuration=fast', /no configuration fast/u],
    ['pnpm nx run-many -t build -p tag:nosuch', /tag:nosuch is not a project/u],
    ['pnpm nosuch', /neither a script nor a program/u],
    ['./setup --nosuch', /setup has no such option/u],
    ['ls | nosuch', /nosuch is not a program/u],
  ])('%s does not', async (text, problem) => {
    const snippet: Snippet = { place: 'x.md:1', text, kind: 'block', runs: false };
    expect(await problemsOf(snippet, facts)).toEqual([expect.stringMatching(problem)]);
  });

  test('blocks, recorded terminals and words between backquotes are found', () => {
    const page = 'Type `phyllome nosuch x`:\n\n```sh\nls\n```\n\n```console\n$ pwd\n/root\n```\n\n```json\n{}\n```\n';
    expect(snippetsOf('x.md', page).map(({ place, text, kind }) => [place, text, kind])).toEqual([
      ['x.md:1', 'phyllome nosuch x', 'inline'],
      ['x.md:4', 'ls', 'block'],
      ['x.md:8', 'pwd', 'block'],
    ]);
  });
});

/** As code hosts make the name of a heading: GitHub, Forgejo and GitLab agree. */
function anchorsOf(text: string): Set<string> {
  const headings = text.replaceAll(/^```.*?^```/gmsu, '').matchAll(/^#+ (?<title>.*)$/gmu);
  return new Set(
    [...headings].map(({ groups }) =>
      (groups?.['title'] ?? '')
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replaceAll(/\s/gu, '-'),
    ),
  );
}

/** The links of a page into this repository that lead nowhere. */
function brokenLinks(page: string, text: string): string[] {
  const prose = text.replaceAll(/^```.*?^```/gmsu, '').replaceAll(/`[^`\n]*`/gu, '');
  return [...prose.matchAll(/\]\((?<link>[^)\s]+)\)/gu)].flatMap(({ groups }) => {
    const link = groups?.['link'] ?? '';
    if (/^[a-z]+:/u.test(link)) return [];
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? page : join(dirname(page), path);
    if (target !== page && !existsSync(join(root(), target))) return [`${page}: ${link}: does not exist`];
    if (anchor === undefined || !target.endsWith('.md')) return [];
    const there = target === page ? text : readFileSync(join(root(), target), 'utf8');
    return anchorsOf(there).has(anchor) ? [] : [`${page}: ${link}: no such heading`];
  });
}

describe('the links of the documentation lead somewhere', () => {
  test.each([...pages, sessions, 'docs/commands.md', 'docs/errors.md', 'docs/editions.md'])('%s', (page) => {
    expect(brokenLinks(page, readPage(page))).toEqual([]);
  });

  test('a link to what is not there is found', () => {
    const text = '# A page\n\n[a](#a-page) [b](#b) [c](README.md) [d](nosuch.md) [e](https://example.org/x)\n';
    expect(brokenLinks('x.md', text)).toEqual(['x.md: #b: no such heading', 'x.md: nosuch.md: does not exist']);
  });
});

test('the variables that the documentation names are read by something', () => {
  const others = globSync(['.github/workflows/*', 'acceptance/*.ts', 'packages/*/{src,test}/**/*.ts'], { cwd: root() })
    .map(readPage)
    .join('\n');
  for (const page of pages)
    for (const [name] of readPage(page).matchAll(/\bPHYLLOME_[A-Z_]+\b/gu))
      expect(name in variables || others.includes(name), `${page}: ${name}`).toBe(true);
});

test('a page on each task is found from the README', () => {
  const linked = readPage('README.md');
  for (const page of globSync('docs/guides/*.md', { cwd: root() })) expect(linked, page).toContain(`(${page})`);
});
