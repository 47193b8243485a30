/**
 * Makes programs of this project start fast where their packages are installed, not the sources: see `start.js`, for which
 * it stands there.
 */
import { enableCompileCache } from 'node:module';

enableCompileCache();
