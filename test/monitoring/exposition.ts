/** Reads what /metrics shows, in Prometheus' text format. */

export interface Family {
  readonly name: string;
  /** "counter", "gauge" or "histogram". */
  readonly type: string;
  readonly help: string;
  /** Names of labels that were seen, without those that Prometheus itself gives a histogram. */
  readonly labels: ReadonlySet<string>;
}

/** "name{labels}" as it stands there → value. */
export type Sampled = ReadonlyMap<string, number>;

export function samplesOf(text: string): Sampled {
  const rows = text.split("\n").filter((row) => row && !row.startsWith("#"));
  return new Map(
    rows.map((row) => {
      const end = row.lastIndexOf(" ");
      return [row.slice(0, end), Number(row.slice(end + 1))];
    }),
  );
}

export function familiesOf(text: string): readonly Family[] {
  const helps = new Map(
    [...text.matchAll(/^# HELP (\S+) (.*)$/gm)].map(([, name = "", help = ""]) => [name, help]),
  );
  const series = [...samplesOf(text).keys()];
  return [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = "", type = ""]) => {
    const own = series.filter((one) => familyName(one, type) === name);
    const labels = own.flatMap((one) => [...one.matchAll(/[{,](\w+)="/g)].map(([, l = ""]) => l));
    return {
      name,
      type,
      help: helps.get(name) ?? "",
      labels: new Set(labels.filter((label) => type !== "histogram" || label !== "le")),
    };
  });
}

function familyName(series: string, type: string): string {
  const name = series.replace(/\{.*$/, "");
  return type === "histogram" ? name.replace(/_(bucket|sum|count)$/, "") : name;
}
