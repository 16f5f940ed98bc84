/** Starts a genuine Kubernetes control plane on this machine: etcd, kube-apiserver and, if asked, kube-controller-manager. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent, request } from "undici";
import {
  apiServerArguments,
  controllerManagerArguments,
  etcdArguments,
  FILES,
} from "./arguments.ts";
import { ensureBinaries, type Report } from "./binaries.ts";
import { CertificateAuthority, createTokenKey, type User } from "./certificates.ts";
import { Component } from "./component.ts";
import { freePort } from "./free-port.ts";
import { writeKubeconfig } from "./kubeconfig.ts";
import { type KubectlOptions, type KubectlResult, runKubectl } from "./kubectl.ts";
import { Watchdog } from "./watchdog.ts";

export interface ControlPlaneOptions {
  /** Genuine controllers: garbage collector, namespaces, workloads, ServiceAccounts, role aggregation. */
  readonly controllerManager: boolean;
  /** Told what the start waits for, and later if a component ends unasked. */
  readonly report: Report;
  /** Of ServiceAccount tokens. @default one like those of EKS, in us-west-2 */
  readonly issuer?: string;
}
