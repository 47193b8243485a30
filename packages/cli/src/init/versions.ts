import { architectures } from '@phyllome/host/architecture';

/** What a new workspace installs beside the tools: as this project has it itself, which a test compares. */
export const pnpmVersion = '12.21.0';
export const nxVersion = '24.0.6';
const nodeVersion = '24.21.0';

/** Node itself, as a plain binary of npm: pnpm's shims prefer it to the host's. */
export const nodePackages = Object.fromEntries([
  [`node-bin-darwin-${architectures.aarch64.node}`, nodeVersion],
  [`node-linux-${architectures.aarch64.node}`, nodeVersion],
  [`node-linux-${architectures.x86_64.node}`, nodeVersion],
]);

/** Of Nx's own `.env`. */
export const isolatePlugins = 'NX_ISOLATE_PLUGINS=${NX_DAEMON}';
