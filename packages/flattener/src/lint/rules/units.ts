import { suggest } from '../../suggest.ts';
import TABLE from '../data/units.json' with { type: 'json' };
import type { Finding, Rule } from '../rule.ts';
import { type ShellWord, program, readOptions } from '../shell.ts';
import { type RuleContext, type WrittenCommand, atOption, option } from '../rule-context.ts';
import { packageChange } from './downloads.ts';

/** The units of Fedora's packages. */
export const UNITS: ReadonlySet<string> = new Set(TABLE.units.split(' '));
/** Units that Fedora no longer has, and the first release without them. */
const GONE: ReadonlyMap<string, number> = new Map(Object.entries(TABLE.gone));
/** Stems of the names, for suggestions. */
const STEMS: readonly string[] = [...new Set([...UNITS].map((unit) => unit.replace(/@?\.\w+$/, '')))];

const SUFFIX = /\.(service|socket|timer|path|target|mount|automount|swap|slice|scope|device)$/;

export const unknownUnit: Rule = {
  id: 'KSL_UNKNOWN_UNIT',
  severity: 'warning',
  doc: 'a unit that is enabled or disabled exists in the release',
  reason:
    'Anaconda ends the installation when it cannot enable a unit, after all packages are installed; to disable a misspelt one leaves the right one on',
  check: (context) => [
    ...context.lines.flatMap((line) => (line.name === 'services' ? inServices(context, line) : [])),
    ...context.scripts.flatMap(({ script, commands }) =>
      script.type !== 'post'
        ? []
        : commands
            .filter((command) => program(command) === 'systemctl')
            .flatMap((command) => {
              const { rest } = readOptions(command, { letters: 'tpPnoHM', names: ['root', 'type', 'preset-mode'] });
              return rest[0]?.text === 'enable' ? rest.slice(1).flatMap((word) => inScript(context, word)) : [];
            }),
    ),
  ],
};

function inServices(context: RuleContext, line: WrittenCommand): Finding[] {
  return ['--enabled', '--disabled'].flatMap((flag) => {
    const list = option(line, flag);
    if (typeof list !== 'string') return [];
    const { where, length } = atOption(line, flag);
    return list.split(',').flatMap((item): Finding[] => {
      const name = item.trim();
      const problem = problemOf(context, name);
      if (problem === undefined) return [];
      const harm =
        flag === '--enabled' ? 'Anaconda ends the installation when it cannot enable it' : 'this disables nothing';
      // The name itself, where it can be found in the line.
      const column = line.text.indexOf(name, where.at.column - 1) + 1;
      const isThere = column > 0 && name !== '';
      return [
        {
          message: `${problem.message}: ${harm}`,
          hint: problem.hint,
          where: isThere ? { ...where, at: { ...where.at, column } } : where,
          length: isThere ? name.length : length,
        },
      ];
    });
  });
}

function inScript(context: RuleContext, word: ShellWord): Finding[] {
  const problem = problemOf(context, word.text);
  if (problem === undefined) return [];
  return [{ message: problem.message, hint: problem.hint, where: word, length: word.length }];
}

function problemOf(context: RuleContext, name: string): Pick<Finding, 'message' | 'hint'> | undefined {
  // Variables, patterns and paths are not names.
  if (!/^[A-Za-z0-9][\w@.:\\-]*$/.test(name)) return undefined;
  const unit = (SUFFIX.test(name) ? name : `${name}.service`).replace(/@[^.]+(?=\.\w+$)/, '@');
  const fedora = Number(/^F(\d+)$/.exec(context.release.release)?.[1]);
  if (UNITS.has(unit)) return undefined;
  const stem = unit.replace(/@?\.\w+$/, '');
  const first = GONE.get(unit);
  if (isBrought(context, unit, stem)) return undefined;
  if (first !== undefined) {
    if (!(fedora >= first)) return undefined;
    return {
      message: `no package of Fedora has ${unit} since release ${first}`,
      hint: 'enable what took its place, or remove it',
    };
  }
  const near = suggest(stem, STEMS);
  const suffix = SUFFIX.exec(unit)?.[0] ?? '';
  // For systems other than Fedora, only a name near a known one is surely misspelt.
  const isCertain = fedora >= 39 && !stem.startsWith('systemd-') && !isBroughtByScript(context);
  if (near === undefined && !isCertain) return undefined;
  const written =
    near === undefined ? undefined : UNITS.has(near + suffix) ? near + (SUFFIX.test(name) ? suffix : '') : near;
  return {
    message: `no package of Fedora has a unit ${unit}`,
    hint:
      written === undefined
        ? 'name a unit of the release, or write its file in a %post script'
        : `did you mean ${written}?`,
  };
}

/** The unit has the name of a package of the kickstart, or its file is named in a script, by more than systemctl. */
function isBrought({ kickstart, scripts }: RuleContext, unit: string, stem: string): boolean {
  if (kickstart.packages?.names.some((name) => name === stem || name === `${stem}-service`) === true) return true;
  return scripts.some(({ script }) =>
    script.body.split('\n').some((line) => line.includes(unit) && !/\bsystemctl\b/.test(line)),
  );
}

/** A script installs packages that %packages does not know of. */
function isBroughtByScript({ scripts }: RuleContext): boolean {
  return scripts.some(({ commands }) => commands.some((command) => packageChange(command) === 'install'));
}
