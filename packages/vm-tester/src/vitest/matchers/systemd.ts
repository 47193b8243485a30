import { VmTesterError } from '../../errors.ts';
import type { Machine } from '../../machine/machine.ts';
import { aboutMachine, some } from '../answer.ts';
import type { Answer } from '../answer.ts';

/** A unit that is starting is waited for; one that never will be is not. `.not` does not wait. */
async function isActive(machine: Machine, unit: string, expected: string): Promise<Answer> {
  const now = await machine.systemd.unit(unit);
  if (now.active === 'active') return { pass: true, expected, actual: `${unit} is active (${now.sub})` };
  if (now.active === 'inactive' && now.load !== 'loaded') {
    return { pass: false, expected, actual: `${unit} is ${now.load}` };
  }
  try {
    const { sub } = await machine.waitForUnit(unit);
    return { pass: true, expected, actual: `${unit} is active (${sub})` };
  } catch (error) {
    if (!(error instanceof VmTesterError) || !['UNIT_FAILED', 'WAIT_TIMEOUT'].includes(error.code)) throw error;
    return { pass: false, expected, actual: error.message };
  }
}

export const toHaveActiveUnit = aboutMachine(
  async (machine, unit: string) => await isActive(machine, unit, `to have the unit ${unit} active`),
);

export const toReachTarget = aboutMachine(async (machine, target: string) => {
  const unit = target.endsWith('.target') ? target : `${target}.target`;
  return await isActive(machine, unit, `to reach ${unit}`);
});

export const toHaveNoFailedUnits = aboutMachine(
  async (machine, { except = [] }: { except?: string[] } = {}): Promise<Answer> => {
    const failed = (await machine.systemd.failed()).filter(({ name }) => !except.includes(name));
    const lines = failed.map(({ name, result, description }) => `${name} (${result}): ${description}`);
    return {
      pass: failed.length === 0,
      expected: `to have no failed units${except.length > 0 ? ` except ${except.join(', ')}` : ''}`,
      actual: failed.length === 0 ? 'it has none' : `these are${some(lines)}`,
    };
  },
);
