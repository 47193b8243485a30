import { buildIsoRules } from '../integration/build-iso-rules.ts';
import { withOneEngine } from '../integration/fixture.ts';

// The default test suite has them with one engine.
await withOneEngine('buildIso', buildIsoRules, 'others');
