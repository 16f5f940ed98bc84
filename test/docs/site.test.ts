/** The documentation as a site: no link of it is dead, and what would be is found. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { anchorOf } from "../../tools/docs/markdown.ts";
import { type Chapter, NAVIGATION } from "../../tools/docs/navigation.ts";
import { buildSite, type Site } from "../../tools/docs/site.ts";

interface Built extends Site {
  page(path: string): string;
}

describe("the documentation's site", function () {
  this.timeout(120_000);
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "docs-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  async function built(root: string, navigation: readonly Chapter[]): Promise<Built> {
    const output = join(folder, "site");
    const site = await buildSite({ root, output, navigation });
    return { ...site, page: (path) => readFileSync(join(output, path), "utf8") };
  }

  /** Of a repository with these files, all of whose documentation is in the navigation. */
  async function of(files: Readonly<Record<string, string>>): Promise<Built> {
    const root = join(folder, "repository");
    rmSync(root, { recursive: true, force: true });
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), content);
    }
    const sources = Object.keys(files).filter((path) => path.endsWith(".md"));
    return built(root, [{ title: "All", sources }]);
  }

  it("of this repository has every page of README and docs/, and no dead link or anchor", async () => {
    const { pages, problems } = await built(".", NAVIGATION);
    expect(problems).to.deep.equal([]);
    const sources = pages.map(({ source }) => source);
    expect(sources).to.include.members(["README.md", "docs/api.md", "docs/reasons.md"]);
  });

  it("names a link to a file that does not exist", async () => {
    const { problems } = await of({ "README.md": "# A\n\n[b](docs/b.md)\n" });
    expect(problems).to.deep.equal(["index.html: docs/b.md"]);
  });

  it("names an anchor that its page does not have, and none that it has", async () => {
    const { problems } = await of({
      "README.md": "# A\n\n[b](docs/b.md#the-second) [c](docs/b.md#the-third)\n",
      "docs/b.md": "# B\n\n## The second\n\n[itself](#b) [nowhere](#c)\n",
    });
    expect(problems).to.deep.equal(["b.html: #c", "index.html: b.html#the-third"]);
  });

  it("names a page that its navigation lacks, and one that it has in vain", async () => {
    await of({ "README.md": "# A\n", "docs/b.md": "# B\n" });
    const navigation = [{ title: "All", sources: ["README.md", "docs/c.md"] }];
    const { problems } = await built(join(folder, "repository"), navigation);
    expect(problems).to.deep.equal([
      "the navigation has docs/c.md, which does not exist",
      "the navigation lacks docs/b.md",
    ]);
  });

  it("shows a file or folder outside docs/ on a page of its own, as it is", async () => {
    const { problems, page } = await of({
      "README.md": "# A\n",
      "docs/b.md": "# B\n\n[rules](../config/x/rules.yaml) [all](../config/x)\n",
      "config/x/rules.yaml": "summary: '{{ $value }} <b>'\n",
    });
    expect(problems).to.deep.equal([]);
    expect(page("b.html")).to.include('href="files/config/x/rules.yaml.html"');
    expect(page("files/config/x/rules.yaml.html")).to.include("{{ $value }} &lt;b&gt;");
    expect(page("files/config/x/index.html")).to.include('href="rules.yaml.html"');
  });

  it("shows indented commands as Git hosts do", async () => {
    const { page } = await of({ "README.md": "# A\n\nTry\n\n    make demo\n" });
    expect(page("index.html")).to.include("<pre><code>make demo");
  });

  it("leaves links to other sites alone", async () => {
    const { problems, page } = await of({ "README.md": "# A\n\n[x](https://example.com/a#b)\n" });
    expect(problems).to.deep.equal([]);
    expect(page("index.html")).to.include('href="https://example.com/a#b"');
  });

  it("numbers headings of the same name, as Git hosts do", async () => {
    const { page } = await of({ "README.md": "# A\n\n## Rules\n\n## Rules\n" });
    expect(page("index.html")).to.include('id="rules"').and.to.include('id="rules-1"');
  });

  const anchors: Readonly<Record<string, string>> = {
    "Who comes first": "who-comes-first",
    "Restarts: spec.podRestart": "restarts-specpodrestart",
    "What's new in v1.2?": "whats-new-in-v12",
    "Order & speed": "order--speed",
    snake_case: "snake_case",
  };
  for (const [heading, anchor] of Object.entries(anchors)) {
    it(`gives "${heading}" the anchor that GitHub gives it`, () => {
      expect(anchorOf(heading)).to.equal(anchor);
    });
  }
});
