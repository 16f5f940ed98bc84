/** Decides whether a version can be released, and finds what its notes say. */
import { parse } from "yaml";

export interface Project {
  readonly packageVersion: string;
  /** Chart.yaml, where there is one. */
  readonly chart: string | undefined;
  readonly changelog: string;
  /** As `git status --porcelain` prints it. */
  readonly uncommitted: string;
  readonly tags: readonly string[];
}

const SEMANTIC_VERSION = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/;

/** Everything that is in the way, each with what to do about it. */
export function obstacles(version: string, project: Project): readonly string[] {
  if (!SEMANTIC_VERSION.test(version)) {
    return [`"${version}" is not a version: make release VERSION=0.1.0`];
  }
  const { packageVersion, changelog, uncommitted, tags } = project;
  const found: (string | false)[] = [
    uncommitted !== "" && `commit or stash what is not committed:\n${uncommitted.trimEnd()}`,
    tags.includes(`v${version}`) && `v${version} is released already: take the next version`,
    packageVersion !== version &&
      `package.json says ${packageVersion}: npm version ${version} --no-git-tag-version && make generate`,
    notesOf(changelog, version) === "" &&
      `CHANGELOG.md says nothing of it: begin a section "## [${version}] - <date>" below [Unreleased]`,
    chartDiffers(version, project.chart) &&
      `the chart's version and appVersion are not ${version}: make generate`,
  ];
  return found.filter((one) => one !== false);
}

function chartDiffers(version: string, chart: string | undefined): boolean {
  if (chart === undefined) return false;
  const { version: own, appVersion } = parse(chart) as { version: string; appVersion: string };
  return own !== version || appVersion !== version;
}

/** The version's section of the changelog without its heading; "" if there is none. */
export function notesOf(changelog: string, version: string): string {
  const sections = changelog.split(/^## /m).slice(1);
  const own = sections.find((section) => section.startsWith(`[${version}] - `)) ?? "";
  return own.split("\n").slice(1).join("\n").trim();
}
