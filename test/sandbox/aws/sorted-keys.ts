/** Keys in order, so that a page of a long list starts by bisection instead of from the top. */
export class SortedKeys {
  readonly #keys: string[] = [];

  add(key: string): void {
    const at = this.#firstNotBelow(key);
    if (this.#keys[at] !== key) this.#keys.splice(at, 0, key);
  }

  remove(key: string): void {
    const at = this.#firstNotBelow(key);
    if (this.#keys[at] === key) this.#keys.splice(at, 1);
  }

  /** All keys greater than `key`; from the first on if it is `undefined`. */
  *after(key: string | undefined): Generator<string> {
    let at = key === undefined ? 0 : this.#firstNotBelow(key);
    if (this.#keys[at] === key) at += 1;
    for (; at < this.#keys.length; at += 1) yield this.#keys[at] ?? "";
  }

  #firstNotBelow(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#keys[middle] ?? "") < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
