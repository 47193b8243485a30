import { readArguments } from '../../commands/argparse.ts';
import type { SectionEntry } from '../../include.ts';
import { describe } from '../../source.ts';
import type { Finding, Rule } from '../rule.ts';
import type { RuleContext } from '../rule-context.ts';

/** pykickstart's `setOptions` keeps these two over several headers; it sets the others anew at each. */
const STICKY = new Set(['--default', '--inst-langs', '--instLangs']);

export const packagesHeader: Rule = {
  id: 'KSL_PACKAGES_HEADER',
  severity: 'warning',
  doc: 'the options of a %packages header stand on every header, or there is one header',
  reason:
    'ksflatten and Anaconda forget them at the next %packages: fifteen recipes lost --nocore so; phyllome flatten adds them up',
  check: (context) => {
    const sections = context.sections.filter(({ name }) => name === '%packages');
    return sections.flatMap((section, index) =>
      optionsOf(context, section).flatMap((flag): Finding[] => {
        const forgets = sections.slice(index + 1).find((later) => !optionsOf(context, later).includes(flag));
        if (forgets === undefined || STICKY.has(flag)) return [];
        const word = section.words.find(({ value }) => flag.startsWith(value.split('=', 1)[0] ?? ''));
        const where = word ? { ...section, at: { ...section.at, column: word.start + 1 } } : section;
        const message = `ksflatten and Anaconda would forget ${flag} at ${describe(forgets.at)}`;
        const hint = 'say it on that header too, or build from the flat kickstart only and say so in a lint-ignore';
        return [{ message, hint, where, length: word ? word.end - word.start : section.header.text.trim().length }];
      }),
    );
  },
};

function optionsOf(context: RuleContext, section: SectionEntry): string[] {
  const { release, sections } = context.release;
  const args = readArguments({ name: '%packages', release }, sections.get('%packages') ?? [], section.words);
  return args.flatMap((arg) => (arg.kind === 'option' ? [arg.flag] : []));
}
