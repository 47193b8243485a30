/** `draft` compresses fast, for those who hack; `release` compresses well, for those who publish. */
export type Profile = 'draft' | 'release';

export const profiles: readonly Profile[] = ['draft', 'release'];
