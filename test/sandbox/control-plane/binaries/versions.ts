/** Which binaries the control plane consists of, and which versions: go.mod is the only place that says so. */
import { readFileSync } from "node:fs";

const MODULE_DIRECTORY = import.meta.dirname;

export type BinaryName = "etcd" | "kube-apiserver" | "kube-controller-manager" | "kubectl";

/** What Go can build. */
export interface GoProgram {
  readonly name: string;
  /** The folder with its go.mod and go.sum. */
  readonly directory: string;
  /** Its main package, seen from there. */
  readonly package: string;
  /** As in `v1.36.3`. */
  readonly version: string;
  /** How long the first build takes on 2 cores, measured. */
  readonly buildTime: string;
}

export interface Binary extends GoProgram {
  readonly name: BinaryName;
}

const goMod = readFileSync(new URL("go.mod", import.meta.url), "utf8");

/** The oldest Go that builds them, as in `1.26.0`. */
export const REQUIRED_GO = found(/^go (\S+)$/m);

export const KUBERNETES_VERSION = found(/^\tk8s\.io\/kubernetes (v\S+)/m);
export const ETCD_VERSION = found(/^\tgo\.etcd\.io\/etcd\/server\/v3 (v\S+)/m);

export const BINARIES: Readonly<Record<BinaryName, Binary>> = {
  etcd: {
    name: "etcd",
    directory: MODULE_DIRECTORY,
    package: "go.etcd.io/etcd/server/v3",
    version: ETCD_VERSION,
    buildTime: "1 minute",
  },
  "kube-apiserver": kubernetes("kube-apiserver", "7 minutes"),
  "kube-controller-manager": kubernetes("kube-controller-manager", "3 minutes"),
  kubectl: kubernetes("kubectl", "1 minute"),
};

function kubernetes(name: BinaryName, buildTime: string): Binary {
  return {
    name,
    directory: MODULE_DIRECTORY,
    package: `k8s.io/kubernetes/cmd/${name}`,
    version: KUBERNETES_VERSION,
    buildTime,
  };
}

function found(pattern: RegExp): string {
  const match = pattern.exec(goMod)?.[1];
  if (!match) throw new Error(`go.mod has no line like ${pattern.source}`);
  return match;
}
