import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What people read: generated pages and decisions of the past apart. */
export const pages: readonly string[] = globSync(
  ['*.md', 'docs/*.md', 'docs/guides/*.md', '{acceptance,bench,containers,editors,leaves,packages}/**/*.md'],
  { cwd: root(), exclude: ['**/node_modules/**', '**/test/**', 'CHANGELOG.md'] },
).toSorted();

export function root(): string {
  return join(import.meta.dirname, '../../../..');
}

export const readPage = (page: string): string => readFileSync(join(root(), page), 'utf8');

/** A piece of shell in a page. */
export interface Snippet {
  /** `docs/store.md:12`, where its first line is. */
  readonly place: string;
  readonly text: string;
  /** A block to be typed, or words between backquotes. */
  readonly kind: 'block' | 'inline';
  /** A block that a test runs: `sh run`. */
  readonly runs: boolean;
}

/** Fenced blocks of shell, the commands of recorded terminals, and commands between backquotes. Pure. */
export function snippetsOf(page: string, text: string): Snippet[] {
  const snippets: Snippet[] = [];
  let fence: { info: string; line: number; body: string[] } | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    const at = (number: number): string => `${page}:${number}`;
    const info = /^\s*```(?<info>.*)$/u.exec(line)?.groups?.['info'];
    if (fence !== undefined && info === undefined) fence.body.push(line);
    else if (fence !== undefined) {
      snippets.push(...blockOf(at(fence.line), fence.info, fence.body));
      fence = undefined;
    } else if (info !== undefined) fence = { info, line: index + 2, body: [] };
    else {
      for (const [, code = ''] of line.matchAll(/`([^`]+)`/gu))
        if (isCommand(code)) snippets.push({ place: at(index + 1), text: code, kind: 'inline', runs: false });
    }
  }
  return snippets;
}

function blockOf(place: string, info: string, body: readonly string[]): Snippet[] {
  if (/^sh\b/u.test(info)) return [{ place, text: body.join('\n'), kind: 'block', runs: info === 'sh run' }];
  if (info !== 'console') return [];
  const typed = body.flatMap((line) => /^\s*\$ (?<typed>.*)$/u.exec(line)?.groups?.['typed'] ?? []);
  return [{ place, text: typed.join('\n'), kind: 'block', runs: false }];
}

/** Words that begin as one of the project's commands does, and go on. */
const isCommand = (code: string): boolean => /^(?:pnpm|npx|phyllome|nx|\.\/setup) \S/u.test(code);
