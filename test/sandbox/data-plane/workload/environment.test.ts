/** What a container gets from its kubelet: exactly what the admitted Pod says. */
import { expect } from "chai";
import type { Pod } from "../pod.ts";
import { containerOf, environmentOf, tokenFilesOf } from "./environment.ts";

const source = { audience: "pods.eks.amazonaws.com", expirationSeconds: 86_400, path: "token" };
const POD: Pod = {
  metadata: { name: "p" },
  spec: {
    containers: [{ name: "main" }, { name: "other" }],
    initContainers: [{ name: "first" }],
    volumes: [{ name: "token", projected: { sources: [{ serviceAccountToken: source }, {}] } }],
  },
};

describe("what a container gets", () => {
  it("is the first one's unless another is named", () => {
    expect(containerOf(POD, undefined).name).to.equal("main");
    expect(containerOf(POD, "other").name).to.equal("other");
    expect(containerOf(POD, "first").name).to.equal("first");
    expect(() => containerOf(POD, "none")).to.throw("pod p has no container none");
  });

  it("is its variables, and an error for one that is no plain value", () => {
    const env = [{ name: "A", value: "1" }, { name: "EMPTY" }];
    expect(environmentOf({ name: "main", env })).to.deep.equal({ A: "1", EMPTY: "" });
    expect(() => environmentOf({ name: "main", env: [{ name: "B", valueFrom: {} }] })).to.throw(
      "container main: B is not a plain value",
    );
  });

  it("is a token for each volume that it mounts", () => {
    const volumeMounts = [
      { name: "token", mountPath: "/secrets" },
      { name: "none", mountPath: "/data" },
    ];
    expect(tokenFilesOf(POD, { name: "main", volumeMounts })).to.deep.equal([
      { path: "/secrets/token", source },
    ]);
    expect(tokenFilesOf(POD, { name: "main" })).to.deep.equal([]);
  });
});
