/** On images: the content key of their context. */
export const contextLabel = 'org.phyllome.context';
/** On images and containers: the builder's name. */
export const builderLabel = 'org.phyllome.builder';
/** On containers: the build they belong to. */
export const sessionLabel = 'org.phyllome.session';
/** On containers: the process they belong to, see owner.ts. */
export const ownerLabel = 'org.phyllome.owner';
/** On volumes: a builder's cache, by the builder's name. */
export const cacheLabel = 'org.phyllome.cache';
