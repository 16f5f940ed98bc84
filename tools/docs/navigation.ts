/** The order in which the site shows its pages. */

export interface Chapter {
  readonly title: string;
  /** Paths in the repository. */
  readonly sources: readonly string[];
}

export const NAVIGATION: readonly Chapter[] = [
  {
    title: "Begin",
    sources: [
      "README.md",
      "docs/getting-started.md",
      "docs/walkthroughs.md",
      "docs/coming-from.md",
    ],
  },
  {
    title: "Use",
    sources: [
      "docs/sources.md",
      "docs/pods.md",
      "docs/addons.md",
      "docs/guardrails.md",
      "docs/gitops.md",
      "docs/api.md",
      "docs/reasons.md",
    ],
  },
  {
    title: "Run",
    sources: [
      "docs/install.md",
      "docs/aws.md",
      "docs/bootstrap.md",
      "docs/metrics.md",
      "docs/runbook.md",
      "docs/uninstall.md",
      "docs/real-cluster-checklist.md",
    ],
  },
  {
    title: "Judge",
    sources: ["docs/threat-model.md", "docs/architecture.md", "docs/adr/", "CHANGELOG.md"],
  },
];
