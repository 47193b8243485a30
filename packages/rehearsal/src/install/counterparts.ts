import table from './counterparts.json' with { type: 'json' };

/** What of Debian stands for something of Fedora: nothing, with a reason, or some packages. */
export interface Counterpart {
  debian: string[];
  why?: string;
}

const groups: Record<string, Counterpart> = table.groups;
const packages: Record<string, Counterpart> = table.packages;
const services: Record<string, Counterpart> = table.services;

/** What every live medium is made of, whatever the kickstart asks for. */
export const medium: Counterpart = table.medium;

/** What every installed disk has beside that: it boots by itself, and mounts what the installer has made. */
export const installed: Counterpart = table.installed;

/** What it has beside that where the kickstart asks for logical volumes. */
export const logical: Counterpart = table.logical;

/** And where it asks for software RAID. */
export const arrays: Counterpart = table.arrays;

/** What the installer medium's own system is made of. */
export const stage2: Counterpart = table.stage2;

/** Own keys only: a package may be called `constructor`. */
const lookUp = <T>(from: Record<string, T>, name: string): T | undefined =>
  Object.hasOwn(from, name) ? from[name] : undefined;

export const groupCounterpart = (name: string): Counterpart | undefined => lookUp(groups, name);

export const packageCounterpart = (name: string): Counterpart | undefined => lookUp(packages, name);

/** The unit that does in Debian what `name` does in Fedora; most are called alike. */
export const serviceCounterpart = (name: string): string => lookUp(services, name)?.debian[0] ?? name;

/** What the table says of a unit; undefined: it is taken to be called alike. */
export const serviceEntry = (name: string): Counterpart | undefined => lookUp(services, name);
