/** What stands in the way of a release, and what a release says of itself. */
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { notesOf, obstacles, type Project } from "../../tools/releasable.ts";

const changelog = `# Changelog

## [Unreleased]

## [0.2.0] - 2026-12-01

### Added

- Something.

## [0.1.0] - 2026-11-01

- All.
`;
const ready: Project = {
  packageVersion: "0.2.0",
  chart: "version: 0.2.0\nappVersion: 0.2.0\n",
  changelog,
  uncommitted: "",
  tags: ["v0.1.0"],
};

describe("a release", () => {
  it("can be made when all agrees", () => expect(obstacles("0.2.0", ready)).to.deep.equal([]));

  it("needs no chart", () =>
    expect(obstacles("0.2.0", { ...ready, chart: undefined })).to.deep.equal([]));

  const cases: readonly [string, string, Partial<Project>, RegExp][] = [
    ["has no version", "", {}, /make release VERSION=/],
    ["has a version with a v", "v0.2.0", {}, /is not a version/],
    ["is of uncommitted files", "0.2.0", { uncommitted: " M src/main.ts\n" }, /src\/main\.ts/],
    ["was made already", "0.2.0", { tags: ["v0.2.0"] }, /released already/],
    ["is of another package.json", "0.2.0", { packageVersion: "0.1.0" }, /npm version 0\.2\.0/],
    ["is not in the changelog", "0.2.0", { changelog: "## [Unreleased]\n" }, /\[0\.2\.0\] - /],
    [
      "has a chart of another version",
      "0.2.0",
      { chart: "version: 0.2.0\nappVersion: 0.1.0\n" },
      /appVersion/,
    ],
  ];
  for (const [what, version, changed, expected] of cases) {
    it(`that ${what} is refused, with what to do`, () => {
      const found = obstacles(version, { ...ready, ...changed });
      expect(found).to.have.length(1);
      expect(found[0]).to.match(expected);
    });
  }

  it("has the notes of its own section of the changelog, and no others", () => {
    expect(notesOf(changelog, "0.2.0")).to.equal("### Added\n\n- Something.");
  });

  it("is prepared by CHANGELOG.md, which has a section for what is not released", () => {
    expect(readFileSync("CHANGELOG.md", "utf8")).to.match(/^## \[Unreleased\]$/m);
  });
});
