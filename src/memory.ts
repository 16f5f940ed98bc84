/**
 * Keeps the process small; imported before anything else. An operator makes much short-lived garbage, and
 * V8 answers by growing its young generation up to tens of megabytes that it does not give back. Held at
 * its first size, it is collected more often, which costs little because almost nothing survives.
 */
import { setFlagsFromString } from "node:v8";

setFlagsFromString("--semi-space-growth-factor=1");
setFlagsFromString("--heap-growing-percent=20");
// The middle compiler costs ten megabytes at the peak, and an operator waits more than it computes.
setFlagsFromString("--no-maglev");
