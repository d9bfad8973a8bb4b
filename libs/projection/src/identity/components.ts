/** Union-find over subjects: which evidence components a page of facts makes one. */
export class Components {
  private readonly parent = new Map<string, string>();

  join(subjects: readonly string[]): void {
    const [first] = subjects;
    if (first === undefined) return;
    const root = this.rootOf(first);
    for (const subject of subjects) this.parent.set(this.rootOf(subject), root);
  }

  rootOf(subject: string): string {
    let at = subject;
    for (let up = this.parent.get(at); up !== undefined && up !== at; up = this.parent.get(at)) at = up;
    if (at !== subject) this.parent.set(subject, at);
    return at;
  }
}
