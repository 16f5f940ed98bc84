/** The command lines of AWS's own webhook and agent, which are not on every machine. */
import { expect } from "chai";
import { agentArguments, agentEnvironment } from "./agent/genuine.ts";
import { identitiesFile, webhookArguments } from "./webhook/genuine.ts";

describe("AWS's own webhook, where WEBHOOK_BIN names it", () => {
  it("is told of API server, certificate, region and the file of identities", () => {
    const settings = { region: "us-west-2", regionalSts: true };
    const args = webhookArguments({
      port: 23443,
      metricsPort: 9999,
      kubeconfig: "/k",
      directory: "/d",
      settings,
    });
    expect(args).to.deep.equal([
      "--in-cluster=false",
      "--kubeconfig=/k",
      "--port=23443",
      "--metrics-port=9999",
      "--tls-cert=/d/webhook.crt",
      "--tls-key=/d/webhook.key",
      "--aws-default-region=us-west-2",
      "--sts-regional-endpoint=true",
      "--watch-container-credentials-config=/d/identities.json",
    ]);
  });

  it("reads identities without their roles", () => {
    expect(identitiesFile([{ namespace: "team", serviceAccount: "app" }])).to.equal(
      '{"identities":[{"namespace":"team","serviceAccount":"app"}]}',
    );
    expect(identitiesFile([])).to.equal('{"identities":[]}');
  });
});

describe("AWS's own agent, where AGENT_BIN names it", () => {
  const options = {
    endpoint: "http://127.0.0.1:4566",
    clusterName: "demo",
    region: "us-west-2",
  };

  it("listens on loopback only and asks the emulated EKS Auth", () => {
    expect(agentArguments(options, { port: 20080, probes: 22703, metrics: 22705 })).to.deep.equal([
      "server",
      "--cluster-name=demo",
      "--endpoint=http://127.0.0.1:4566",
      "--bind-hosts=127.0.0.1",
      "--port=20080",
      "--probe-port=22703",
      "--metrics-address=127.0.0.1",
      "--metrics-port=22705",
    ]);
  });

  it("has a node's credentials, and no instance to get them from", () => {
    expect(agentEnvironment(options)).to.deep.equal({
      AWS_REGION: "us-west-2",
      AWS_ACCESS_KEY_ID: "AKIASANDBOX000000000",
      AWS_SECRET_ACCESS_KEY: "sandbox",
      AWS_EC2_METADATA_DISABLED: "true",
    });
  });
});
