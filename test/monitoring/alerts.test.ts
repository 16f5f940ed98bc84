/** What is shipped for monitoring hangs together: alerts, runbook, dashboard. What the queries find: monitoring.cluster.ts. */
import { expect } from "chai";
import { alerts, panels, selectors, text } from "./queries.ts";

describe("alerts", () => {
  for (const { alert, labels, annotations } of alerts()) {
    it(`${alert} says what happened, what users feel, the first command and where to read on`, () => {
      expect(Object.keys(annotations)).to.have.members([
        "summary",
        "impact",
        "command",
        "runbook_url",
      ]);
      expect(annotations["runbook_url"]).to.equal(`docs/runbook.md#${alert.toLowerCase()}`);
      expect(labels["severity"]).to.be.oneOf(["critical", "warning"]);
    });
  }

  it("have a section of the runbook each, in their order, and there is no other", () => {
    const sections = [...text("docs/runbook.md").matchAll(/^## (\S+)$/gm)].map(([, name]) => name);
    expect(sections).to.deep.equal(alerts().map(({ alert }) => alert));
  });

  it("have sections that say what users feel, the first command, when to wait, whom to wake", () => {
    const [, ...sections] = text("docs/runbook.md").split(/^## /m);
    for (const section of sections) {
      const said = [...section.matchAll(/^- \*\*([^*]+?):?\*\*/gm)].map(([, what]) => what);
      expect(said, section).to.deep.equal(["What users feel", "First command", "Wait", "Wake"]);
    }
  });

  it("are as severe in the runbook as in the rules", () => {
    for (const { alert, labels } of alerts()) {
      const section = text("docs/runbook.md").split(`## ${alert}\n`)[1] ?? "";
      expect(section.trim().toLowerCase(), alert).to.match(
        new RegExp(`^\\*${labels["severity"]}\\.\\*`),
      );
    }
  });
});

describe("the dashboard", () => {
  it("asks whichever Prometheus one chooses, and no other source", () => {
    const graphs = panels().filter(({ type }) => type !== "row");
    expect(graphs.length).to.be.greaterThan(10);
    for (const { datasource, targets = [] } of graphs) {
      const asked = [datasource, ...targets.map((target) => target.datasource)];
      expect(new Set(asked.map((one) => one?.uid))).to.deep.equal(new Set(["${datasource}"]));
    }
  });

  it("numbers its panels once each", () => {
    const ids = panels().map(({ id }) => id);
    expect(new Set(ids).size).to.equal(ids.length);
  });

  it("shows the series of every alert", () => {
    const metricsOf = (queries: readonly string[]) =>
      new Set(queries.flatMap(selectors).map((one) => one.replace(/\{.*$/, "")));
    const shown = metricsOf(
      panels().flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
    );
    const watched = metricsOf(alerts().map(({ expr }) => expr));
    expect([...shown]).to.include.members([...watched]);
  });
});
