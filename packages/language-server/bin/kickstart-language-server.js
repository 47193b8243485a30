#!/usr/bin/env node
import { enableCompileCache } from 'node:module';

// Node keeps what it makes of the sources: the first diagnostic of a later start comes twice as soon. This file is
// JavaScript, because a TypeScript one would load the type stripper before the cache is there.
enableCompileCache();
await import('../src/main.ts');
