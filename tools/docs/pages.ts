/** What the site consists of: README, docs/, and each file and folder of the repository that they link to. */
import { globSync, readdirSync, readFileSync, statSync } from "node:fs";
import { posix } from "node:path";

export interface Page {
  /** Path in the repository; that of a folder ends with a slash. */
  readonly source: string;
  /** Path in the site. */
  readonly target: string;
  readonly title: string;
  /** Markdown. */
  readonly content: string;
}

/** Where a path of the repository is in the site. */
function targetOf(source: string): string {
  if (source === "README.md") return "index.html";
  const place = source.startsWith("docs/") ? source.slice("docs/".length) : `files/${source}`;
  if (place.endsWith("/")) return `${place}index.html`;
  return source.startsWith("docs/") ? place.replace(/\.md$/, ".html") : `${place}.html`;
}

/** @returns undefined for what is not in the repository: other sites, and anchors of the same page */
export function linked(source: string, href: string): { path: string; hash: string } | undefined {
  const [path = "", hash = ""] = href.split("#");
  if (path === "" || /^[a-z]+:/.test(path)) return undefined;
  return {
    path: posix.join(posix.dirname(source), path).replace(/\/$/, ""),
    hash: hash && `#${hash}`,
  };
}

/** All pages. A link to what does not exist adds none, and is dead in the site. */
export function readPages(root: string): readonly Page[] {
  const pages = new Map<string, Page>();
  const waiting = ["README.md", ...globSync("docs/**/*.md", { cwd: root }).sort()];
  for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
    const page = readPage(root, path);
    if (page === undefined || pages.has(page.source)) continue;
    pages.set(page.source, page);
    for (const [, href = ""] of page.content.matchAll(/\]\(([^)\s]+)\)/g)) {
      const link = linked(page.source, href);
      if (link !== undefined) waiting.push(link.path);
    }
  }
  return [...pages.values()];
}

function readPage(root: string, path: string): Page | undefined {
  const file = posix.join(root, path);
  const kind = statSync(file, { throwIfNoEntry: false });
  if (kind === undefined || path.startsWith("..")) return undefined;
  const source = kind.isDirectory() ? `${path}/` : path;
  const content = kind.isDirectory() ? folder(root, path) : text(path, readFileSync(file, "utf8"));
  const [, title = path] = /^# (.+)$/m.exec(content) ?? [];
  return { source, target: targetOf(source), title: title.replaceAll("`", ""), content };
}

/** Markdown as it is, anything else between fences longer than any of its own. */
function text(path: string, content: string): string {
  if (path.endsWith(".md")) return content;
  return `# \`${path}\`\n\n~~~~~~\n${content.trimEnd()}\n~~~~~~\n`;
}

/** Of folders that are documentation. */
const HEADINGS: Readonly<Record<string, string>> = { "docs/adr": "Decisions" };

function folder(root: string, path: string): string {
  const entries = readdirSync(posix.join(root, path)).sort();
  const name = posix.basename(path);
  const lines = entries.map((entry) => `- [${titleOf(root, path, entry)}](${name}/${entry})`);
  return `# ${HEADINGS[path] ?? `\`${path}/\``}\n\n${lines.join("\n")}\n`;
}

/** An entry of a folder by its name, or by its heading where it is documentation. */
function titleOf(root: string, path: string, entry: string): string {
  if (!path.startsWith("docs/") || !entry.endsWith(".md")) return `\`${entry}\``;
  return readPage(root, posix.join(path, entry))?.title ?? entry;
}
