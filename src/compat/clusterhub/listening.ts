/** What one process listens for: how many listeners each event of each hub has there. */
export class Listening {
  readonly #hubs = new Map<string, Map<string, number>>();

  has(hub: string, event: string): boolean {
    return this.#hubs.get(hub)?.has(event) === true;
  }

  add(hub: string, event: string): void {
    const events = this.#hubs.get(hub) ?? new Map<string, number>();
    this.#hubs.set(hub, events.set(event, (events.get(event) ?? 0) + 1));
  }

  remove(hub: string, event: string): void {
    const events = this.#hubs.get(hub);
    const left = (events?.get(event) ?? 0) - 1;
    if (left > 0) events?.set(event, left);
    else this.removeAll(hub, event);
  }

  /** Of the event, or of the whole hub if it is null. */
  removeAll(hub: string, event: string | null): void {
    const events = this.#hubs.get(hub);
    if (event !== null) events?.delete(event);
    if (event === null || events?.size === 0) this.#hubs.delete(hub);
  }
}
