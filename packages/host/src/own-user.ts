import { userInfo } from 'node:os';

/** This process's user id; -1 where there are none. Known also of a user that no database knows, as in many containers. */
export const ownUid = (): number => process.getuid?.() ?? -1;

/** The name of this process's user; its id where it has none, of which `userInfo()` throws. */
export function ownUserName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(ownUid());
  }
}
