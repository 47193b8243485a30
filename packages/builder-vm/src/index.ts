/**
 * Runs a builder's image in a virtual machine instead of a container: its host gives it a process of an ordinary user, and
 * nothing else. For programs that build ISOs with `@phyllome/iso-builder`, whose engine this is one of. It does not
 * test what is built, and runs no other containers in machines.
 */
export { checkMachine } from './checks.ts';
export { removeMachineImages } from './image/machine-image.ts';
export { openMachineEngine } from './machine-engine.ts';
