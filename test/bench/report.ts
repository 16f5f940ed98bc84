/** Prints figures beside their bounds, and counts those that were missed. */
export class Report {
  #missed = 0;

  constructor(title: string) {
    console.log(title);
  }

  get missed(): number {
    return this.#missed;
  }

  line(text: string): void {
    console.log(`    ${text}`);
  }

  figure(name: string, value: number, unit: string, most: number): void {
    const kept = value <= most;
    if (!kept) this.#missed += 1;
    const shown = (figure: number) => `${Number(figure.toFixed(2))} ${unit}`.trim();
    console.log(
      `${kept ? "ok  " : "MISS"} ${name.padEnd(34)} ${shown(value).padStart(12)}   (at most ${shown(most)})`,
    );
  }
}
