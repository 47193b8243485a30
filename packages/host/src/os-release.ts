import { readFile } from 'node:fs/promises';

/** A distribution's identity, by the names of os-release(5): `ID`, `VERSION_ID`, `PRETTY_NAME`, … */
export type OsRelease = Readonly<Record<string, string>>;

/** Reads the text of an os-release file: assignments as a shell would take them, without expansion. Pure. */
export function parseOsRelease(text: string): OsRelease {
  const fields: Record<string, string> = {};
  for (const [, key = '', value = ''] of text.matchAll(/^([A-Z][A-Z0-9_]*)=(.*)$/gmu)) fields[key] = unquote(value);
  return fields;
}

/** Where it is, the first that is there counts: absolute paths (os-release(5)). */
export const osReleasePaths = ['/etc/os-release', '/usr/lib/os-release'] as const;

/** This machine's; empty where there is none. */
export async function readOsRelease(): Promise<OsRelease> {
  for (const path of osReleasePaths) {
    const text = await readFile(path, 'utf8').catch(() => undefined);
    if (text !== undefined) return parseOsRelease(text);
  }
  return {};
}

/** A backslash in double quotes makes `"`, `$`, `\` and a backquote plain; in single quotes nothing is special. */
function unquote(value: string): string {
  const text = value.trim();
  if (/^'[^']*'$/u.test(text)) return text.slice(1, -1);
  if (/^"(?:[^"\\]|\\.)*"$/u.test(text)) return text.slice(1, -1).replaceAll(/\\(["$\\`])/gu, '$1');
  return text;
}
