/** Sends one step of an add-on's plan whose answer nobody needs. */
import type { AnyAction } from "../plan/actions.ts";
import { isOnAddon, isOnAssociation } from "../plan/calls.ts";
import type { AddonPorts } from "./addon-ports.ts";

const CREATIONS = ["CreateRole", "CreateAssociation", "CreateAddon"] as const;

export type PlainStep = Exclude<AnyAction, { type: (typeof CREATIONS)[number] }>;

export function isPlain(action: AnyAction): action is PlainStep {
  return !CREATIONS.some((type) => type === action.type);
}

export async function sendStep(
  action: PlainStep,
  { addons, aws }: Pick<AddonPorts, "addons" | "aws">,
): Promise<void> {
  if (isOnAddon(action)) await addons.change(action);
  else if (isOnAssociation(action)) await aws.associations.change(action);
  else await aws.roles.change(action);
}
