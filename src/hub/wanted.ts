/**
 * Services of rondo's own that a primary has only if another process wants them: that process listens for the event of
 * that name, of which the directory learns. So a primary joins the hub for no program that does not need it.
 */

const services = new Map<string, () => void>();

/** Called once, in the process with the directory, when another listens for the event. */
export function whenWanted(event: string, serve: () => void): void {
  services.set(event, serve);
}

/** What a member listens for. */
export function tellWanted(events: Iterable<string>): void {
  if (services.size === 0) return;
  for (const event of events) {
    const serve = services.get(event);
    if (services.delete(event)) serve?.();
  }
}
