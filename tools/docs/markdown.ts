/** What the site makes of Markdown beyond Markdown: anchors as Git hosts give them to headings, and links from page to page. */
import { posix } from "node:path";
import type { Markdown, State, Token } from "@11ty/eleventy";
import { linked, type Page } from "./pages.ts";

/** The anchor that GitHub gives to a heading. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, "")
    .replaceAll(" ", "-");
}

/** A link as it stands in the page, turned into the site's; one to nowhere is left as it is. */
function urlOf(page: Page, href: string, pages: ReadonlyMap<string, Page>): string {
  const link = linked(page.source, href);
  const to = link && (pages.get(link.path) ?? pages.get(`${link.path}/`));
  if (link === undefined || to === undefined) return href;
  return `${posix.relative(posix.dirname(page.target), to.target)}${link.hash}`;
}

export function amend(markdown: Markdown, pages: ReadonlyMap<string, Page>): void {
  // Eleventy switches indented blocks of code off.
  markdown.enable("code");
  markdown.core.ruler.push("anchors", ({ tokens }) => setAnchors(tokens));
  markdown.core.ruler.push("links", (state) => setLinks(state, pages));
}

function setAnchors(tokens: readonly Token[]): void {
  const seen = new Map<string, number>();
  tokens.forEach((token, index) => {
    if (token.type !== "heading_open") return;
    const words = tokens[index + 1]?.children ?? [];
    const anchor = anchorOf(words.map(({ content }) => content).join(""));
    const before = seen.get(anchor) ?? 0;
    seen.set(anchor, before + 1);
    token.attrSet("id", before === 0 ? anchor : `${anchor}-${before}`);
  });
}

function setLinks({ tokens, env }: State, pages: ReadonlyMap<string, Page>): void {
  const page = pages.get(String(env["source"]));
  if (page === undefined) return;
  for (const token of tokens.flatMap(({ children }) => children ?? [])) {
    const href = token.type === "link_open" ? token.attrGet("href") : null;
    if (href !== null) token.attrSet("href", urlOf(page, href, pages));
  }
}
