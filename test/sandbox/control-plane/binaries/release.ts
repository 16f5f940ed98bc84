/** Downloads official release binaries and refuses those that do not have their published checksum. */
import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { dirname } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Machine } from "./machine.ts";
import { type Report, tellWhile } from "./progress.ts";
import type { Binary } from "./versions.ts";

/** Without a network this is how long each place costs before the build begins. */
const ANSWER_WITHIN_MS = 5_000;

/** Where a release is, and where its checksum. */
interface Release {
  readonly url: string;
  readonly checksums: string;
  /** What the file is called in a list of several. */
  readonly file: string;
  /** The path inside the archive, if it is one. */
  readonly member?: string;
}

/** Why a release is not to be had, as a part of a sentence: the caller may go on without it. */
export type Unavailable = string;

export class Releases {
  readonly #machine: Machine;
  readonly #report: Report;
  /** Hosts that did not answer are not asked again: each time would cost the whole timeout. */
  readonly #silent = new Map<string, Unavailable>();

  constructor(machine: Machine, report: Report) {
    this.#machine = machine;
    this.#report = report;
  }

  /**
   * Downloads `binary` to `target`.
   *
   * @returns why not, if it is not published or not reachable
   * @throws Error if the checksum is not the published one
   */
  async download(binary: Binary, target: string): Promise<Unavailable | undefined> {
    if (binary.name === "gitops-health") return "it is our own";
    const release = releaseOf(binary, this.#machine);
    const list = await this.#get(release.checksums);
    if (typeof list === "string") return list;
    const published = checksumIn(await list.text(), release.file);
    if (!published) return `${release.checksums} has no checksum of it`;
    const answer = await this.#get(release.url);
    if (typeof answer === "string") return answer;
    const file = release.member ? `${target}.tar.gz` : target;
    const actual = await this.#save(answer, file, binary);
    if (!actual) return `the download of ${release.url} broke off`;
    if (actual !== published) {
      throw new Error(
        `${release.url} does not have its published SHA-256 checksum (${published}, but got ${actual}): ` +
          "try again, or set KUBEBUILDER_ASSETS to a folder with binaries that you trust",
      );
    }
    return release.member ? this.#unpack(file, release.member, target) : undefined;
  }

  /** @returns the SHA-256 of what was saved, or nothing if the connection broke */
  async #save(answer: Response, file: string, binary: Binary): Promise<string | undefined> {
    const describe = (elapsed: string) =>
      `downloading ${binary.name} ${binary.version} (first time only)${elapsed}`;
    const options = { timer: this.#machine.timer, report: this.#report };
    try {
      return await tellWhile(save(answer, file), describe, options);
    } catch {
      // Go refuses to build over a file that is not a program.
      await rm(file, { force: true });
      return undefined;
    }
  }

  async #get(url: string): Promise<Response | Unavailable> {
    const { host } = new URL(url);
    const silent = this.#silent.get(host);
    if (silent) return silent;
    const abort = new AbortController();
    // Ends with the headers: a slow download is fine, a host that does not answer is not.
    const timer = setTimeout(() => abort.abort(), ANSWER_WITHIN_MS);
    try {
      const answer = await this.#machine.fetch(url, { signal: abort.signal });
      return answer.ok ? answer : `${url} answers ${answer.status}`;
    } catch {
      const why = `${host} cannot be reached`;
      this.#silent.set(host, why);
      return why;
    } finally {
      clearTimeout(timer);
    }
  }

  async #unpack(archive: string, member: string, target: string): Promise<Unavailable | undefined> {
    const args = ["-xzf", archive, "-C", dirname(target), "--strip-components=1", member];
    const ending = await this.#machine.run("tar", args, { env: this.#machine.env });
    if (ending?.code === 0) return undefined;
    return `its archive cannot be unpacked (${ending?.output.trim() ?? "there is no tar"})`;
  }
}

function releaseOf({ name, version }: Binary, { platform, arch }: Machine): Release {
  const goArch = arch === "x64" ? "amd64" : arch;
  switch (name) {
    case "etcd":
      return archived(`https://github.com/etcd-io/etcd/releases/download/${version}`, {
        archive: `etcd-${version}-${platform}-${goArch}`,
        checksums: "SHA256SUMS",
        name,
      });
    case "helm": {
      const file = `helm-${version}-${platform}-${goArch}.tar.gz`;
      const url = `https://get.helm.sh/${file}`;
      return { url, checksums: `${url}.sha256sum`, file, member: `${platform}-${goArch}/helm` };
    }
    case "prometheus":
    case "promtool":
      return archived(`https://github.com/prometheus/prometheus/releases/download/${version}`, {
        archive: `prometheus-${version.slice(1)}.${platform}-${goArch}`,
        checksums: "sha256sums.txt",
        name,
      });
    default: {
      const url = `https://dl.k8s.io/${version}/bin/${platform}/${goArch}/${name}`;
      return { url, checksums: `${url}.sha256`, file: name };
    }
  }
}

function archived(
  folder: string,
  {
    archive,
    checksums,
    name,
  }: { readonly archive: string; readonly checksums: string; readonly name: string },
): Release {
  const file = `${archive}.tar.gz`;
  return {
    url: `${folder}/${file}`,
    checksums: `${folder}/${checksums}`,
    file,
    member: `${archive}/${name}`,
  };
}

/** Either a lone checksum or lines of "checksum  file". A proxy's login page is neither. */
function checksumIn(text: string, file: string): string | undefined {
  const rows = text.trim().split("\n");
  for (const row of rows) {
    const [checksum = "", of] = row.trim().split(/\s+\*?/);
    const isOurs = of === file || (of === undefined && rows.length === 1);
    if (isOurs && /^[0-9a-f]{64}$/.test(checksum)) return checksum;
  }
  return undefined;
}

/** @returns the SHA-256 of what was saved */
async function save(answer: Response, file: string): Promise<string> {
  if (!answer.body) throw new Error(`${answer.url} answers with nothing`);
  const hash = createHash("sha256");
  const hashed = async function* (chunks: AsyncIterable<Uint8Array>) {
    for await (const chunk of chunks) {
      hash.update(chunk);
      yield chunk;
    }
  };
  await pipeline(Readable.fromWeb(answer.body), hashed, createWriteStream(file));
  return hash.digest("hex");
}
