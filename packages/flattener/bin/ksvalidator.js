#!/usr/bin/env node
import { enableCompileCache } from 'node:module';

// Node keeps what it makes of the sources: later starts take half the time. This file is JavaScript, because a
// TypeScript one would load the type stripper before the cache is there, which costs 15 MiB and most of the gain.
enableCompileCache();
const { ksvalidator } = await import('../src/pykickstart/tools/ksvalidator.ts');
const { NODE_IO } = await import('../src/pykickstart/tools/node-io.ts');
process.exitCode = ksvalidator(process.argv.slice(2), NODE_IO);
