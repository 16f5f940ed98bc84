/** `make docs`: builds the documentation's site into dist/docs, and fails if a link of it is dead. */
import { NAVIGATION } from "./docs/navigation.ts";
import { buildSite } from "./docs/site.ts";

const output = "dist/docs";
const { pages, problems } = await buildSite({ root: ".", output, navigation: NAVIGATION });

for (const problem of problems) console.error(problem);
console.log(`${output}/index.html: ${pages.length} pages, ${problems.length} warnings`);
process.exitCode = problems.length === 0 ? 0 : 1;
