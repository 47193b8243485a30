import type { Kickstart } from '../kickstart.ts';
import type { Action, Contribution, Plan } from './action.ts';
import { commandPlanners, installedPlanners } from './commands/index.ts';
import { identityActions } from './identity.ts';
import { packageEffects } from './package-effects.ts';
import { planSection } from './sections.ts';

function merge(
  plan: Plan,
  { certificates, actions, users, needs, locales, withoutCounterpart, kernelAppend, graphical }: Contribution,
): void {
  plan.certificates.push(...(certificates ?? []));
  plan.actions.push(...(actions ?? []));
  plan.users.push(...(users ?? []));
  plan.needs.push(...(needs ?? []));
  plan.locales.push(...(locales ?? []));
  plan.withoutCounterpart.push(...(withoutCounterpart ?? []));
  if (kernelAppend !== undefined) plan.kernelAppend = kernelAppend;
  if (graphical !== undefined) plan.graphical = graphical;
}

/** Whether a medium is made, or a disk installed. */
export type Kind = 'live' | 'installed';

function contribution(command: Kickstart['commands'][number], packages: readonly string[], kind: Kind): Contribution {
  const planners = kind === 'live' ? commandPlanners : installedPlanners;
  const planner = Object.hasOwn(planners, command.name) ? planners[command.name] : undefined;
  if (planner !== undefined) return planner(command, packages);
  return {
    withoutCounterpart: [
      {
        kind: 'command',
        text: command.text.trim(),
        line: command.line,
        why: 'the rehearsal does not have this command',
      },
    ],
  };
}

/** As in anaconda, whatever the kickstart's order: groups before their members, and users before their keys. */
const accounts = ['group', 'user', 'rootpw', 'sshkey'];

const inOrder = (commands: Kickstart['commands']): Kickstart['commands'] =>
  commands.toSorted((one, other) => accounts.indexOf(one.name) - accounts.indexOf(other.name));

const enabling = (action: Action): boolean => action.do === 'run' && action.argv[0] === 'systemctl';

/**
 * What to do to the installed system so that the kickstart's commands and sections hold in it, and what `packages`, by Fedora's
 * names, would have done to it. Pure.
 */
export function planConfiguration(
  { commands, sections }: Pick<Kickstart, 'commands' | 'sections'>,
  {
    project,
    releasever,
    packages,
    kind = 'live',
  }: { project: string; releasever: string; packages: readonly string[]; kind?: Kind },
): Plan {
  const plan: Plan = {
    certificates: [],
    actions: [],
    users: [],
    needs: [],
    locales: [],
    kernelAppend: '',
    graphical: false,
    withoutCounterpart: [],
  };
  merge(plan, { actions: identityActions(project, releasever) });
  for (const command of inOrder(commands)) merge(plan, contribution(command, packages, kind));
  for (const section of sections) merge(plan, planSection(section));
  merge(plan, {
    actions: [
      { do: 'run', argv: ['systemctl', 'set-default', plan.graphical ? 'graphical.target' : 'multi-user.target'] },
      ...packageEffects(packages),
    ],
  });
  // Units are enabled last: the ones that the rehearsal itself writes must be there by then.
  plan.actions = [...plan.actions.filter((action) => !enabling(action)), ...plan.actions.filter(enabling)];
  return plan;
}
