import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The rehearsal's installer medium of a leaf.
 *
 * @throws {Error} when it was not built
 */
export function mediumOf(root: string, leaf: string): string {
  const built = join(root, 'dist', `installer-${leaf}`);
  const iso = existsSync(built) ? readdirSync(built).find((name) => name.endsWith('.iso')) : undefined;
  if (iso === undefined) throw new Error(`there is no installer medium of ${leaf}: pnpm nx installer install-${leaf}`);
  return join(built, iso);
}
