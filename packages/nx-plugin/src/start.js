/**
 * What nx.json names: the plugin, which starts fast, since every command of Nx waits for it. JavaScript for the reason that
 * `@phyllome/host/start` gives.
 */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
// In this order: imports would all be linked before anything runs.
// oxlint-disable-next-line import/no-unassigned-import -- It is there for what it does.
require('@phyllome/host/start');
export const { createNodes } = require('./index.ts');
