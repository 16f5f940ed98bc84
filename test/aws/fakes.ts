/** AWS in memory, for the inventory: only what bulk reads and single reads show. */
import { Failure } from "../../src/plan/outcome.ts";
import type {
  AssociationDetails,
  ObservedAssociation,
  ObservedRole,
} from "../../src/plan/resources.ts";

export const denied = new Failure("AccessDenied", "may not", { kind: "never" });
export const outage = new Failure("AWSUnavailable", "no answer", { kind: "backoff" });

/** A list in pages; before each page is handed out, and after the last, something may happen. */
export class FakeList<T> {
  pages: (readonly T[])[] = [[]];
  /** Instead of the page of that number. */
  failAt: { readonly page: number; readonly error: Error } | undefined;
  /** Called when the call for that page has begun. */
  during: (page: number) => void = () => {};
  calls = 0;

  async *sweep(): AsyncIterable<readonly T[]> {
    for (const [number, page] of this.pages.entries()) {
      this.calls += 1;
      this.during(number);
      if (this.failAt?.page === number) throw this.failAt.error;
      yield page;
    }
  }
}

export function role(name: string, changes: Partial<ObservedRole> = {}): ObservedRole {
  return {
    name,
    path: "/podidentity/",
    arn: `arn:aws:iam::111122223333:role/podidentity/${name}`,
    trustPolicy: "hash",
    description: undefined,
    maxSessionSeconds: undefined,
    permissionsBoundaryArn: undefined,
    tags: {},
    managedPolicyArns: [],
    inlinePolicies: {},
    roleId: "AROA1",
    ...changes,
  };
}

export const details: AssociationDetails = {
  roleArn: "arn:aws:iam::111122223333:role/podidentity/reader",
  tags: { team: "shop" },
  targetRoleArn: undefined,
  externalId: undefined,
  disableSessionTags: false,
  policy: undefined,
};

export function association(
  serviceAccount: string,
  changes: Partial<ObservedAssociation> = {},
): ObservedAssociation {
  return {
    namespace: "shop",
    serviceAccount,
    id: `a-${serviceAccount}`,
    arn: `arn:aws:eks:us-west-2:111122223333:podidentityassociation/demo/a-${serviceAccount}`,
    ownerArn: undefined,
    details: undefined,
    ...changes,
  };
}
