/** Looks whether the components of a control plane do their work yet. */
import { once } from "node:events";
import { connect } from "node:net";
import { Agent, request } from "undici";
