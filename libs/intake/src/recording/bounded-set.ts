/** A set that forgets its oldest members beyond `limit`: what is a shortcut only must not grow with the number of customers. */
export class BoundedSet {
  private readonly members = new Set<string>();

  constructor(private readonly limit: number) {}

  has(member: string): boolean {
    return this.members.has(member);
  }

  add(member: string): void {
    this.members.add(member);
    if (this.members.size > this.limit) for (const oldest of this.members) return void this.members.delete(oldest);
  }
}
