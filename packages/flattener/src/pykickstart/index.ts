/**
 * pykickstart's tools as functions: its command lines, exit codes, wording, order and quirks, over the same grammar and
 * the same files as `flatten`. They do no input or output but through {@link ToolIo}.
 */
export type { ToolIo } from './tools/io.ts';
export { ksflatten } from './tools/ksflatten.ts';
export { ksvalidator } from './tools/ksvalidator.ts';
export { ksverdiff } from './tools/ksverdiff.ts';
