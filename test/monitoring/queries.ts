/** Every query of the dashboard and of the alerts, as they are shipped. */
import { readFileSync } from "node:fs";
import { parse } from "yaml";

const ROOT = new URL("../../", import.meta.url);

export interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface RuleGroups {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Alert[] }[];
}

export interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly datasource?: { readonly uid: string };
  readonly targets?: readonly { readonly expr: string; readonly datasource: { uid: string } }[];
}

export function text(path: string): string {
  return readFileSync(new URL(path, ROOT), "utf8");
}

/** What a plain Prometheus reads as a rule file. */
export function ruleGroups(): RuleGroups {
  return (parse(text("config/prometheus/alerts.yaml")) as { spec: RuleGroups }).spec;
}

export function alerts(): readonly Alert[] {
  return ruleGroups().groups.flatMap(({ rules }) => rules);
}

export function panels(): readonly Panel[] {
  return (JSON.parse(text("config/grafana/podidentity.json")) as { panels: Panel[] }).panels;
}

/** Title of the panel and query. Grafana fills in at least four scrapes; ours are a second apart, and a slow run takes minutes. */
export function dashboardQueries(): readonly (readonly [string, string])[] {
  return panels().flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => [title, expr.replaceAll("$__rate_interval", "1h")] as const),
  );
}

/** The series that a query reads, e.g. `podidentity_objects{reason="Frozen"}`. */
export function selectors(query: string): readonly string[] {
  return query.match(/\b(?:podidentity|nodejs|process)_\w+(?:\{[^}]*\})?/g) ?? [];
}
