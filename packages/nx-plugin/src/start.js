/**
 * What nx.json names: the plugin, which starts fast, since every command of Nx waits for it. JavaScript for the reason that
 * `@phyllome/host/start` gives.
 */
import '@phyllome/host/start';
import { createRequire } from 'node:module';

// After what makes it fast has run: an import would be linked before.
export const { createNodes } = createRequire(import.meta.url)('./index.ts');
