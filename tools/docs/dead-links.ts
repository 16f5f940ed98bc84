/** Finds links of a built site that lead nowhere: to no page, or to no place on it. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { posix } from "node:path";

/** Each as "page: link". */
export function deadLinks(site: string): readonly string[] {
  const anchors = new Map<string, ReadonlySet<string>>();
  const anchorsOf = (page: string) => {
    const known = anchors.get(page) ?? new Set(all(read(site, page), /\sid="([^"]+)"/g));
    anchors.set(page, known);
    return known;
  };
  const leads = (page: string, link: string) => {
    if (/^[a-z]+:/.test(link)) return true;
    const [path = "", hash = ""] = link.split("#");
    const to = path === "" ? page : posix.join(posix.dirname(page), path);
    if (to.startsWith("..") || !existsSync(posix.join(site, to))) return false;
    return hash === "" || anchorsOf(to).has(decodeURIComponent(hash));
  };
  return globSync("**/*.html", { cwd: site })
    .sort()
    .flatMap((page) =>
      all(read(site, page), /\shref="([^"]*)"/g)
        .filter((link) => !leads(page, link))
        .map((link) => `${page}: ${link}`),
    );
}

const read = (site: string, page: string) => readFileSync(posix.join(site, page), "utf8");

function all(text: string, pattern: RegExp): readonly string[] {
  return [...text.matchAll(pattern)].map(([, found = ""]) => found);
}
