import type { Release } from './commands/table.ts';
import type { Diagnostic } from './diagnostics.ts';
import type { CommandEntry, Entry, SectionEntry } from './include.ts';
import type { Kickstart, KeptInclude, OtherSection, Script } from './kickstart.ts';
import { mergeCommands } from './merge/commands.ts';
import { mergePackages } from './merge/packages.ts';
import { reporter } from './merge/report.ts';
import { readOther, readScript } from './merge/sections.ts';
import { foldTemplates } from './template.ts';

/** The meaning of an expanded leaf. Problems are added to `diagnostics`. */
export function interpret(
  path: string,
  entries: readonly Entry[],
  {
    release,
    strict = false,
    blocks = false,
  }: { readonly release: Release; readonly strict?: boolean | undefined; readonly blocks?: boolean | undefined },
  diagnostics: Diagnostic[],
): Kickstart {
  const report = reporter(diagnostics);
  const commands: CommandEntry[] = [];
  const packages: SectionEntry[] = [];
  const scripts: Script[] = [];
  const sections: OtherSection[] = [];
  const includes: KeptInclude[] = [];
  /** Of scripts with nothing in them, by the name of their sections: the installer puts it before the next one's. */
  const blank = new Map<string, SectionEntry['body']>();
  for (const entry of entries) {
    if (entry.kind === 'command') commands.push(entry);
    if (entry.kind === 'kept-include') includes.push(entry);
    if (entry.kind !== 'section') continue;
    if (entry.name === '%packages') packages.push(entry);
    else if (['%addon', '%anaconda', '%certificate'].includes(entry.name))
      sections.push(readOther(entry, release, report));
    else {
      const body = [...(blank.get(entry.name) ?? []), ...entry.body];
      const script = readScript({ ...entry, body }, release, report);
      blank.set(entry.name, script === undefined ? body : []);
      if (script !== undefined) scripts.push(script);
    }
  }
  const kickstart: Kickstart = {
    commands: mergeCommands(commands, { release, strict }, report),
    packages: mergePackages(packages, { release, blocks, strict }, report),
    scripts,
    sections,
    includes,
    at: { path, line: 1, column: 1 },
    includedFrom: [],
  };
  foldTemplates(entries, diagnostics);
  return kickstart;
}
