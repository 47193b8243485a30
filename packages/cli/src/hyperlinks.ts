import { hostname } from 'node:os';
import { pathToFileURL } from 'node:url';
import supportsHyperlinks from 'supports-hyperlinks';
import { isNxTask } from './nx-task.ts';

/** Addresses of the texts that shall lead somewhere. */
export type Links = ReadonlyMap<string, string>;

/**
 * Links to files that a text names, for terminals that know links (OSC 8); none where they would be read as text.
 *
 * @param paths as the text has them, relative to the working directory or absolute
 */
export function linksTo(paths: readonly string[], env: NodeJS.ProcessEnv = process.env): Links {
  const isPlain = Boolean(env['NO_COLOR']) || env['TERM'] === 'dumb' || isNxTask(env);
  if (isPlain || !process.stdout.isTTY || !supportsHyperlinks.stdout) return new Map();
  return new Map(paths.map((path) => [path, addressOf(path)]));
}

/** With the machine's name: a terminal may show one that it is connected to. */
function addressOf(path: string): string {
  const url = pathToFileURL(path);
  url.hostname = hostname();
  return url.href;
}
