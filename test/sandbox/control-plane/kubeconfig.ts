/** Writes kubeconfig files: whoever has the path has the access. */
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import type { KeyPair } from "./certificates.ts";

export interface Cluster {
  readonly url: string;
  /** PEM. */
  readonly ca: string;
  /** Where kubeconfigs are written. */
  readonly directory: string;
}

/** A client certificate or a ServiceAccount's token. */
export type Credentials = KeyPair | { readonly token: string };

/** @returns the path of a new file, readable by its owner alone */
export async function writeKubeconfig(
  { url, ca, directory }: Cluster,
  name: string,
  credentials: Credentials,
): Promise<string> {
  const cluster = { server: url, "certificate-authority-data": base64(ca) };
  const user =
    "token" in credentials
      ? credentials
      : {
          "client-certificate-data": base64(credentials.certificate),
          "client-key-data": base64(credentials.key),
        };
  const kubeconfig = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "sandbox", cluster }],
    users: [{ name, user }],
    contexts: [{ name: "sandbox", context: { cluster: "sandbox", user: name } }],
    "current-context": "sandbox",
  };
  // Two users may differ only in what a file name cannot say, or in their groups.
  const file = `${name.replaceAll(/[^\w.-]/g, "_")}-${randomBytes(4).toString("hex")}.kubeconfig`;
  const path = join(directory, file);
  await writeFile(path, stringify(kubeconfig), { mode: 0o600, flag: "wx" });
  return path;
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
