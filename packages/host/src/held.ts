/**
 * What this process holds outside of itself, and would leave behind if it ended now: containers, unfinished results,
 * machines. What takes such a thing says so here, in words for people, and says when it is gone.
 */
const held = new Map<symbol, string>();

/** Notes something that is held, until it is disposed of. `what` is as `the container phyllome-1234 of podman`. */
export function hold(what: string): Disposable {
  const key = Symbol(what);
  held.set(key, what);
  return { [Symbol.dispose]: () => void held.delete(key) };
}

/** What is held now, the oldest first. */
export function heldNow(): string[] {
  return [...held.values()];
}
