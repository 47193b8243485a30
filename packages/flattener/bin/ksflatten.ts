#!/usr/bin/env node
import { ksflatten } from '../src/compat/tools/ksflatten.ts';
import { NODE_IO } from '../src/compat/tools/node-io.ts';

process.exitCode = ksflatten(process.argv.slice(2), NODE_IO);
