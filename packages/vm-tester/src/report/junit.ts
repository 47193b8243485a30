import { basename } from 'node:path';
import { PHASES } from '../verdict/verdict.ts';
import { escapeText } from './html.ts';
import type { Attempt } from './read.ts';

interface Case {
  name: string;
  seconds?: number;
  problem?: { element: 'failure' | 'error' | 'skipped'; message: string };
}

/**
 * JUnit XML: each phase that was entered is a test case, and each check. A rejection is a failure, an image that could
 * not be judged an error, a check that could not be made is skipped. Written here because the packages for it write failures as errors, or need a build of their own.
 */
export function junitXml(attempt: Attempt): string {
  const { verdict, checks } = attempt;
  const suite = `${basename(verdict.image)}.${verdict.firmware}`;
  const cases: Case[] = [
    ...phaseCases(attempt),
    ...checks.map(({ name, failure, notJudged }) => ({
      name,
      ...(failure !== undefined && { problem: { element: 'failure' as const, message: failure } }),
      ...(notJudged !== undefined && { problem: { element: 'skipped' as const, message: notJudged } }),
    })),
  ];
  const count = (element: Required<Case>['problem']['element']) =>
    cases.filter(({ problem }) => problem?.element === element).length;
  const counts = `tests="${cases.length}" failures="${count('failure')}" errors="${count('error')}" skipped="${count('skipped')}"`;
  const attributes = `name="${escapeText(suite)}" ${counts} time="${verdict.endMs / 1000}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites ${counts}>
<testsuite ${attributes}>
${cases.map((one) => caseXml(suite, one)).join('\n')}
</testsuite>
</testsuites>
`;
}

function phaseCases({ verdict }: Attempt): Case[] {
  const entered = PHASES.filter((phase) => verdict.milestones[phase] !== undefined || phase === verdict.phase);
  const begins = entered.map((phase) => verdict.milestones[phase] ?? verdict.endMs);
  const evidence = verdict.evidence.map(({ source, line }) => `${source}: ${line}`).join('\n');
  const element = verdict.status === 'rejected' ? ('failure' as const) : ('error' as const);
  return entered.map((phase, index) => ({
    name: `phase ${phase}`,
    seconds: ((begins[index + 1] ?? verdict.endMs) - (begins[index] ?? 0)) / 1000,
    ...(phase === verdict.phase && { problem: { element, message: `${verdict.cause}: ${evidence}` } }),
  }));
}

function caseXml(suite: string, { name, seconds, problem }: Case): string {
  const time = seconds === undefined ? '' : ` time="${seconds}"`;
  const start = `<testcase classname="${escapeText(suite)}" name="${escapeText(name)}"${time}`;
  if (!problem) return `${start}/>`;
  const message = escapeText(problem.message);
  return `${start}><${problem.element} message="${message}">${message}</${problem.element}></testcase>`;
}
