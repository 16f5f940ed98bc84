/** What every object that is brought to AWS can be told beside what it asks for: only to plan, or to stand still. */
import { z } from "zod";

export const levers = {
  mode: z
    .enum(["Apply", "Plan"])
    .default("Apply")
    .describe(
      "Plan: nothing is changed, `status.plannedActions` shows what would be. Deleting the object still takes away what it made.",
    ),
  suspend: z
    .boolean()
    .default(false)
    .describe("true: the operator changes nothing until it is false again."),
};
