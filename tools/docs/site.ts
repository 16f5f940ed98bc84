/** Builds the documentation's site with Eleventy, and says what is wrong with it. */
import { rmSync } from "node:fs";
import { posix } from "node:path";
import { Eleventy, type UserConfig } from "@11ty/eleventy";
import { deadLinks } from "./dead-links.ts";
import { amend } from "./markdown.ts";
import type { Chapter } from "./navigation.ts";
import { type Page, readPages } from "./pages.ts";

/** Layout and style. Eleventy takes paths from the working directory, which is the repository's root. */
const FRAME = "tools/docs/site";

export interface Site {
  readonly pages: readonly Page[];
  /** Dead links, and pages that the navigation lacks or has in vain. */
  readonly problems: readonly string[];
}

export interface SiteOptions {
  /** Where README.md and docs/ are. */
  readonly root: string;
  /** Emptied first. */
  readonly output: string;
  readonly navigation: readonly Chapter[];
}

/** @throws Error if a page cannot be rendered */
export async function buildSite({ root, output, navigation }: SiteOptions): Promise<Site> {
  const pages = readPages(root);
  rmSync(output, { recursive: true, force: true });
  const config = (eleventy: UserConfig) => configure(eleventy, pages, navigation);
  const generator = new Eleventy(FRAME, output, { configPath: false, config });
  // What is wrong is thrown.
  generator.disableLogger();
  await generator.write();
  return { pages, problems: [...strays(pages, navigation), ...deadLinks(output)] };
}

function configure(
  eleventy: UserConfig,
  all: readonly Page[],
  navigation: readonly Chapter[],
): void {
  const pages = new Map(all.map((page) => [page.source, page]));
  const chapters = navigation.map(({ title, sources }) => ({
    title,
    pages: sources.flatMap((source) => pages.get(source) ?? []),
  }));
  eleventy.setUseGitIgnore(false);
  eleventy.setTemplateFormats(["md"]);
  eleventy.addPassthroughCopy(`${FRAME}/style.css`);
  eleventy.amendLibrary("md", (markdown) => amend(markdown, pages));
  eleventy.addGlobalData("chapters", chapters);
  for (const { source, target, title, content } of all) {
    const root = posix.relative(posix.dirname(target), ".") || ".";
    // Of Markdown alone: else "{{ … }}" of Helm and Prometheus in a page would be filled in.
    const rendering = { layout: "page.liquid", templateEngineOverride: "md", permalink: target };
    eleventy.addTemplate(`${target}.md`, content, { ...rendering, source, target, title, root });
  }
}

/** Every page of docs/ is in the navigation, but a folder stands for its pages; what is there exists. */
function strays(pages: readonly Page[], navigation: readonly Chapter[]): readonly string[] {
  const shown = navigation.flatMap(({ sources }) => sources);
  const exist = new Set(pages.map(({ source }) => source));
  const missing = shown.filter((source) => !exist.has(source));
  const hidden = pages
    .map(({ source }) => source)
    .filter((source) => source.startsWith("docs/"))
    .filter((source) => !shown.some((one) => source === one || isBelow(one, source)));
  return [
    ...missing.map((source) => `the navigation has ${source}, which does not exist`),
    ...hidden.map((source) => `the navigation lacks ${source}`),
  ];
}

const isBelow = (folder: string, source: string) =>
  folder.endsWith("/") && source.startsWith(folder);
