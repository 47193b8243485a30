import type { Check } from '../judge.ts';
import { assistantChecks } from './assistant.ts';
import { baseChecks } from './base.ts';
import { bootChecks } from './boot.ts';
import { desktopChecks } from './desktop.ts';
import { hypervisorChecks } from './hypervisor.ts';
import { installChecks } from './install.ts';
import { liveChecks } from './live.ts';
import { passthroughChecks } from './passthrough.ts';

/** The code of every check of catalogue.json, by its id. */
export const checks: Readonly<Record<string, Check>> = {
  ...bootChecks,
  ...baseChecks,
  ...liveChecks,
  ...installChecks,
  ...assistantChecks,
  ...desktopChecks,
  ...hypervisorChecks,
  ...passthroughChecks,
};
