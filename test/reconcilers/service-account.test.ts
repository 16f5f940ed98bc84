/** Which ServiceAccounts are made, changed and deleted: only those that we made. */
import { expect } from "chai";
import type { PodIdentityAssociation } from "../../src/api/pod-identity-association.ts";
import type { ServiceAccount, ServiceAccounts } from "../../src/reconcilers/ports.ts";
import {
  ensureServiceAccount,
  removeServiceAccount,
} from "../../src/reconcilers/service-account.ts";

const key = { namespace: "shop", serviceAccount: "cart" };
const object = {
  metadata: { namespace: "shop", name: "cart-role" },
  spec: {
    serviceAccountName: "cart",
    createServiceAccount: true,
    serviceAccountMetadata: { labels: { team: "a" } },
  },
} as unknown as PodIdentityAssociation;

/** What is there, and what the watch has shown of it. */
class Fake implements Omit<ServiceAccounts, "namesIn"> {
  readonly calls: string[] = [];
  seen: ServiceAccount | undefined;
  isThere = false;

  get(): ServiceAccount | undefined {
    return this.seen;
  }

  async create(): Promise<string | undefined> {
    this.calls.push("create");
    return this.isThere ? undefined : "uid-1";
  }

  async apply(_: unknown, uid: string, metadata: Omit<ServiceAccount, "uid">): Promise<void> {
    this.calls.push(`apply ${uid}`);
    this.seen = { uid, ...metadata };
  }

  async delete(_: unknown, uid: string): Promise<void> {
    this.calls.push(`delete ${uid}`);
  }
}

describe("the ServiceAccount of an object", () => {
  let fake: Fake;
  beforeEach(() => {
    fake = new Fake();
  });

  it("is made, then given its labels, by its UID", async () => {
    expect(await ensureServiceAccount(object, key, fake)).to.deep.equal([
      "created ServiceAccount cart",
    ]);
    expect(fake.calls).to.deep.equal(["create", "apply uid-1"]);
  });

  it("is not touched if somebody made it that the watch has not shown yet", async () => {
    fake.isThere = true;
    expect(await ensureServiceAccount(object, key, fake)).to.deep.equal([]);
    expect(fake.calls).to.deep.equal(["create"]);
  });

  it("is not touched if somebody else made it", async () => {
    fake.seen = { uid: "u", annotations: { "podidentity.io/created-by": "other" } };
    await ensureServiceAccount(object, key, fake);
    await removeServiceAccount(object, key, fake);
    expect(fake.calls).to.deep.equal([]);
  });

  it("is changed once for each change of its metadata, and left alone then", async () => {
    const mark = { "podidentity.io/created-by": "cart-role" };
    fake.seen = { uid: "u", annotations: mark };
    await ensureServiceAccount(object, key, fake);
    fake.seen = { ...fake.seen, annotations: { ...fake.seen.annotations, ...mark } };
    await ensureServiceAccount(object, key, fake);
    expect(fake.calls).to.deep.equal(["apply u"]);
    const edited = structuredClone(object);
    edited.spec.serviceAccountMetadata = { labels: {} };
    await ensureServiceAccount(edited, key, fake);
    expect(fake.calls).to.deep.equal(["apply u", "apply u"]);
  });

  it("is deleted with the object that made it, by its UID", async () => {
    fake.seen = { uid: "u", annotations: { "podidentity.io/created-by": "cart-role" } };
    expect(await removeServiceAccount(object, key, fake)).to.deep.equal([
      "deleted ServiceAccount cart",
    ]);
    expect(fake.calls).to.deep.equal(["delete u"]);
  });
});
