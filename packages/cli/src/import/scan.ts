import { constants, type Dirent } from 'node:fs';
import { open, opendir, realpath } from 'node:fs/promises';
import { isUtf8 } from 'node:buffer';
import { join } from 'node:path';
import { codeOf } from '@phyllome/host/errors';

/**
 * Looks for kickstarts in a tree that somebody else made: within bounds, following no links, opening nothing but regular
 * files. What is left out is said, with the reason.
 */

/** Of a tree; those of public distributions have some hundred kickstarts, 1 MB of them. */
const limits = { files: 20_000, depth: 24, kickstarts: 2000, fileBytes: 4 * 2 ** 20, allBytes: 64 * 2 ** 20 };

/** What a tree has. Paths are relative to it. */
export interface Tree {
  readonly root: string;
  /** Texts of kickstarts, and of what looks like a part of one. */
  readonly kickstarts: ReadonlyMap<string, string>;
  /** What was not read, with the reason. */
  readonly skipped: readonly { path: string; why: string }[];
  /** How many files were looked at. */
  readonly files: number;
}

/** @throws what the file system says of the directory itself; the signal's reason when it was aborted */
export async function scanTree(directory: string, signal: AbortSignal): Promise<Tree> {
  const root = await realpath(directory);
  const kickstarts = new Map<string, string>();
  const skipped: { path: string; why: string }[] = [];
  let files = 0;
  let bytes = 0;
  const folders = [{ path: '', depth: 0 }];
  for (let folder = folders.shift(); folder !== undefined; folder = folders.shift()) {
    signal.throwIfAborted();
    const { path: at, depth } = folder;
    const entries = await entriesOf(root, at, skipped);
    for (const entry of entries) {
      const path = join(at, entry.name);
      const skip = (why: string): void => void skipped.push({ path, why });
      if ((files += 1) > limits.files) {
        skip(`the tree has more than ${limits.files} files: the rest was not looked at`);
        return { root, kickstarts: sorted(kickstarts), skipped, files };
      }
      if (entry.isDirectory()) {
        if (unread.has(entry.name)) continue;
        if (depth >= limits.depth) skip(`is deeper than ${limits.depth} directories`);
        else folders.push({ path, depth: depth + 1 });
        continue;
      }
      if (!mayBeKickstart(entry.name)) continue;
      if (entry.isSymbolicLink()) skip('is a symbolic link');
      else if (!entry.isFile()) skip('is not a regular file');
      else if (kickstarts.size >= limits.kickstarts) skip(`there are more than ${limits.kickstarts} kickstarts`);
      else {
        const text = await textOf(join(root, path));
        if (text.problem !== undefined) skip(text.problem);
        else if ((bytes += text.text.length) > limits.allBytes)
          skip(`all kickstarts together have more than ${limits.allBytes / 2 ** 20} MiB`);
        else if (looksLikeKickstart(text.text)) kickstarts.set(path, text.text);
      }
    }
  }
  return { root, kickstarts: sorted(kickstarts), skipped, files };
}

/** Folders of programs, in which no kickstart is. */
const unread = new Set(['.git', '.hg', '.svn', 'node_modules']);

const mayBeKickstart = (name: string): boolean =>
  /\.(?:ks|cfg|kickstart|inc|ks\.in)$/iu.test(name) && !name.startsWith('.');

/** A line that nothing but a kickstart has: other programs call their files `.cfg`, too. */
const looksLikeKickstart = (text: string): boolean =>
  /^(?:%(?:packages|pre|post|include|ksappend|addon|pre-install|onerror|anaconda)\b|(?:lang|keyboard|timezone|url|repo|rootpw|part|partition|autopart|bootloader|selinux|firewall|services|clearpart|network|auth|authconfig|authselect|user|xconfig|liveimg|ostreesetup|ostreecontainer|install|cdrom|text|reboot|poweroff|shutdown|zerombr)(?:[ \t]|$))/mu.test(
    text,
  );

async function entriesOf(root: string, path: string, skipped: { path: string; why: string }[]) {
  try {
    const directory = await opendir(join(root, path));
    const entries: Dirent[] = [];
    for await (const entry of directory) entries.push(entry);
    return entries.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    if (path === '') throw error;
    skipped.push({ path, why: `cannot be read (${codeOf(error) ?? 'no reason given'})` });
    return [];
  }
}

/** Opened without following a link that came meanwhile, and without waiting for a writer of a FIFO. */
async function textOf(path: string): Promise<{ text: string; problem?: undefined } | { problem: string }> {
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const found = await file.stat();
    if (!found.isFile()) return { problem: 'is not a regular file' };
    if (found.size > limits.fileBytes) return { problem: `has more than ${limits.fileBytes / 2 ** 20} MiB` };
    const bytes = Buffer.alloc(found.size);
    const { bytesRead } = await file.read(bytes, 0, found.size, 0);
    const content = bytes.subarray(0, bytesRead);
    if (content.includes(0) || !isUtf8(content)) return { problem: 'is not text in UTF-8' };
    return { text: content.toString() };
  } catch (error) {
    return { problem: `cannot be read (${codeOf(error) ?? 'no reason given'})` };
  }
}

const sorted = (map: ReadonlyMap<string, string>): Map<string, string> =>
  new Map([...map].toSorted(([a], [b]) => (a < b ? -1 : 1)));
