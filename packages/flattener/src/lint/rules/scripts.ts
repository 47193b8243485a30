import type { Located } from '../../source.ts';
import type { Finding, Rule } from '../rule.ts';
import type { RuleContext, WrittenScript } from '../rule-context.ts';

/** Scripts that run before or in the installed system, whose failure matters. */
const TYPES: ReadonlySet<string> = new Set(['pre', 'pre-install', 'post']);

function onHeader({ script, header }: WrittenScript): { where: Located; length: number } {
  return { where: script, length: header.trim().length };
}

export const erroronfail: Rule = {
  id: 'KSL_ERRORONFAIL',
  severity: 'warning',
  doc: 'a %pre, %pre-install or %post script has --erroronfail',
  reason: 'without it the installation goes on after a script that failed, and the image is broken in silence',
  check: (context) =>
    context.scripts
      .filter(({ script }) => TYPES.has(script.type) && !script.erroronfail)
      .map((written): Finding => ({
        message: `a failure of this %${written.script.type} goes unnoticed`,
        // No fix: a last command that may fail without harm would then abort every installation.
        hint: `write %${written.script.type} --erroronfail and set -eu; a command that may fail ends with || true`,
        ...onHeader(written),
      })),
};

export const setE: Rule = {
  id: 'KSL_SET_E',
  severity: 'warning',
  doc: 'a shell script of several commands with --erroronfail has set -e',
  reason: 'a shell goes on after a command that failed, and --erroronfail looks only at the last one',
  check: (context) =>
    context.scripts
      .filter(({ script, isShell }) => TYPES.has(script.type) && script.erroronfail && isShell)
      // A single command is the last one as well.
      .filter(({ commands }) => commands.length > 1)
      .filter((written) => !stopsAtErrors(written))
      .map((written) => ({
        message: 'only the last command of this script decides whether it failed',
        hint: 'start the script with set -eu',
        ...onHeader(written),
      })),
};

function stopsAtErrors({ script, commands }: WrittenScript): boolean {
  if (/\s-\w*e/.test(script.interpreter ?? '') || /^\s*#!.*\s-\w*e/.test(script.body)) return true;
  return commands.some(
    ({ words }) =>
      words[0]?.text === 'set' &&
      words.some(({ text }, at) => /^-\w*e/.test(text) || (text === 'errexit' && words[at - 1]?.text.endsWith('o'))),
  );
}

export const carriageReturn: Rule = {
  id: 'KSL_CARRIAGE_RETURN',
  severity: 'error',
  doc: 'the lines of a shell script end as those of UNIX do',
  reason: 'a shell takes the carriage return of an editor on Windows for a part of the last word: set -eu fails',
  check: (context) =>
    context.scripts
      .filter(({ isShell }) => isShell)
      .flatMap(({ script }): Finding[] => {
        if (!script.body.includes('\r')) return [];
        const lines = script.body.split('\n');
        const index = lines.findIndex((text) => text.endsWith('\r'));
        const line = script.bodyAt[index];
        const text = lines[index]?.slice(0, -1);
        if (line === undefined || text === undefined) return [];
        const message =
          'this line and maybe others end with a carriage return, which the shell takes for a part of them';
        const hint = `sed -i 's/\\r$//' ${line.at.path}`;
        return [{ message, hint, where: { ...line, at: { ...line.at, column: 1 } }, length: Math.max(1, text.length) }];
      }),
};

/** A module name of a kernel past, and what has become of it. */
const GONE_MODULES: readonly (readonly [RegExp, string])[] = [
  [/(?<![\w-])vfio[_-]virqfd(?![\w-])/, 'it is part of vfio since Linux 6.2: remove it'],
  [/(?<![\w-])kvm[_-]hyperv(?![\w-])/, 'there is no such module: Hyper-V support is part of kvm'],
];

export const kernelModule: Rule = {
  id: 'KSL_KERNEL_MODULE',
  severity: 'warning',
  doc: 'scripts name kernel modules that still exist',
  reason: 'systemd-modules-load fails at each boot for a module that is gone',
  check: (context) => eachLine(context, (text) => GONE_MODULES.map(([pattern, hint]) => [pattern.exec(text), hint])),
};

function eachLine(context: RuleContext, look: (text: string) => [RegExpExecArray | null, string][]): Finding[] {
  // Most scripts have nothing of the kind.
  const having = context.scripts.filter(({ script }) => look(script.body).some(([match]) => match !== null));
  return having.flatMap(({ script }) =>
    script.body.split(/\r\n|\n|\r/).flatMap((text, index): Finding[] => {
      const line = script.bodyAt[index];
      if (line === undefined || text.trim().startsWith('#')) return [];
      return look(text).flatMap(([match, hint]) => {
        if (match === null) return [];
        const where = { ...line, at: { ...line.at, column: match.index + 1 } };
        return [{ message: `${match[0]} is not a kernel module any more`, hint, where, length: match[0].length }];
      });
    }),
  );
}
