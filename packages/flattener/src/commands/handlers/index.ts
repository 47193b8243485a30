import type { Handler } from '../handler.ts';
import { ACCOUNTS } from './accounts.ts';
import { NETWORK } from './network.ts';
import { STORAGE } from './storage.ts';
import { SYSTEM } from './system.ts';

/** pykickstart's handlers, by the name of their class without its release. */
export const HANDLERS: Readonly<Record<string, Handler>> = { ...ACCOUNTS, ...NETWORK, ...STORAGE, ...SYSTEM };

/** Whether a command follows no option grammar: the installer hands everything behind its name on as it is written. */
export function isVerbatim({ handler }: { readonly handler: string }): boolean {
  return HANDLERS[handler]?.parse !== undefined;
}
