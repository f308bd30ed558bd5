// The model, the simulation and the page that has their tables, from the figures that are kept with the sources. Nothing is
// measured here.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { DESIGNS, PEOPLE, bySize, drawRooms, plan } from "./cluster.mjs";
import { engineModel } from "./costs.mjs";
import { fit } from "./fit.mjs";
import { errors, judged, makeModel } from "./model.mjs";
import { allRows, heldOut } from "./rows.mjs";
import { storms } from "./simulate.mjs";
import { WAITS, storm } from "./storm.mjs";
import { PAGE, filled, parts } from "./write.mjs";

const MOST_ERROR = 0.25; // of a figure that the fit has not seen, and a tenth of them for half
const MOST_MEDIAN_ERROR = 0.1;
const model = makeModel();

const isRising = (numbers) => numbers.every((number, i) => i === 0 || number > numbers[i - 1]);
const isFalling = (numbers) => isRising([...numbers].reverse());
const message = (load) => model.message({ connections: 64, inFlight: 1, bytes: 64, ...load });

test("a fit finds what a sum was made of, and no negative part", () => {
  const made = (a, b) => ({ features: { a, b }, measured: 3 * a + 5 * b });
  const { a, b } = fit([made(1, 0), made(1, 2), made(4, 1)], ["a", "b"]);
  assert.ok(Math.abs(a - 3) < 1e-3 && Math.abs(b - 5) < 1e-3);
  const less = [1, 2, 3].map((x) => ({ features: { each: x, base: 1 }, measured: 10 - x }));
  assert.equal(fit(less, ["each", "base"]).each, 0);
});

test("the grid is some rows, all of them measured, and none is both fitted and held out", () => {
  assert.ok(allRows.length >= 20 && allRows.length < 30);
  assert.equal(new Set(allRows.map(({ name }) => name)).size, allRows.length);
  for (const { name } of allRows) assert.ok(model.measured.rows[name], name);
});

test("what the fit has not seen is predicted", () => {
  const unseen = judged(model, false);
  assert.ok(heldOut.every(({ name }) => unseen.some((line) => line.name === name)));
  const { median, most } = errors(unseen);
  assert.ok(most < MOST_ERROR, `the largest error is ${most}`);
  assert.ok(median < MOST_MEDIAN_ERROR, `the median error is ${median}`);
});

test("no parameter is left out by the fit", () => {
  for (const [name, value] of Object.entries(model.parameters)) assert.ok(value > 0, name);
  for (const error of engineModel(model.measured).errors) assert.ok(Math.abs(error) < MOST_ERROR);
});

test("a message is dearer with more bytes and more connections, and cheaper in a batch and in a larger room", () => {
  assert.ok(isRising([64, 1024, 65536, 1 << 20].map((bytes) => message({ bytes }))));
  assert.ok(isRising([100, 1000, 10_000].map((connections) => message({ connections }))));
  assert.ok(isFalling([1, 4, 16, 64].map((inFlight) => message({ inFlight }))));
  assert.ok(isFalling([1, 10, 100].map((hearers) => message({ hearers }))));
});

test("rooms are the same for a seed, others for another, and hold everybody once", () => {
  const sizes = drawRooms(1e5, 1);
  assert.deepEqual(drawRooms(1e5, 1), sizes);
  assert.notDeepEqual(drawRooms(1e5, 2), sizes);
  assert.equal(sizes.reduce((a, b) => a + b, 0), 1e5);
  assert.equal([...bySize(sizes)].reduce((sum, [size, count]) => sum + size * count, 0), 1e5);
});

test("more people need no fewer machines, and neither do people who say more", () => {
  for (const design of Object.keys(DESIGNS)) {
    const needs = (connections, more = {}) => plan({ model, connections, design, seed: 1, people: { ...PEOPLE, ...more } });
    const counts = [1e4, 1e5, 1e6].map((connections) => needs(connections).nodes);
    assert.ok(isRising(counts), `${design}: ${counts}`);
    assert.ok(needs(1e5, { linesPerSecond: 0.1 }).nodeCores > needs(1e5).nodeCores, design);
    assert.ok(needs(1e5, { linesPerSecond: 0.5, mostRoomLines: 1e9 }).nodes >= needs(1e5).nodes, design);
  }
});

test("one engine cluster does not carry 10^7, and cells do", () => {
  assert.equal(plan({ model, connections: 1e7, design: "as it is", seed: 1 }).isPossible, false);
  assert.equal(plan({ model, connections: 1e7, design: "cells of 50 nodes", seed: 1 }).isPossible, true);
});

const calm = { freeCores: 2, connectionMicroseconds: 200, maxHandshakes: 256, backlog: 4096, room: 1e9, mostJoining: Infinity, joinsPerSecond: 300 };
const run = (more = {}, client = {}) =>
  storm({ node: { ...calm, ...more }, client: { waits: "spread, then full jitter", spread: 5, patienceSeconds: 10, ...client }, wanted: more.wanted ?? 2000, seed: more.seed ?? 1 });

test("a storm is the same for a seed, and everybody is back once", () => {
  assert.deepEqual(run(), run());
  assert.notDeepEqual(run(), run({ seed: 2 }));
  assert.equal(run().back, 2000);
});

test("a storm takes longer with more who come, and less with more that may join", () => {
  assert.ok(isRising([1000, 2000, 4000].map((wanted) => run({ wanted }, { spread: 1 }).all)));
  assert.ok(isFalling([100, 200, 400].map((joinsPerSecond) => run({ joinsPerSecond, mostJoining: 1000 }, { spread: 1 }).nearlyAll)));
  for (const waits of Object.keys(WAITS)) assert.ok(run({ mostJoining: 1000 }, { waits }).all >= 2000 / 300);
});

test("a full node lets nobody in, and says so", () => {
  const { back, refused } = run({ room: 500 });
  assert.equal(back, 500);
  assert.ok(refused > 0);
});

test("a limit of joins that wait keeps every storm bounded", () => {
  for (const { waits, mostJoining, all, wanted, joinsPerSecond } of storms(model)) {
    const least = wanted / joinsPerSecond;
    assert.ok(all >= least - 1, `${waits}: nobody is back before the engine can`);
    assert.ok(mostJoining === Infinity || all < 2 * least, `${waits}: ${all} s, where ${least} are needed`);
  }
});

test("the tables of docs/scaling.md are what the programs say", () => {
  const page = readFileSync(PAGE, "utf8");
  assert.equal(filled(page, parts(model)), page, "node tests/scaling/write.mjs writes them");
});

const kubernetes = fileURLToPath(new URL("../../docs/examples/kubernetes/triloop.yaml", import.meta.url));

test("the file for Kubernetes parses, and what it says fits together", () => {
  const parse = "import json, sys, yaml; print(json.dumps(list(yaml.safe_load_all(open(sys.argv[1])))))";
  const objects = JSON.parse(execFileSync("/usr/bin/python3", ["-c", parse, kubernetes], { encoding: "utf8" }));
  assert.deepEqual(objects.map(({ kind }) => kind), ["Deployment", "Service", "PodDisruptionBudget"]);
  const [deployment, service, budget] = objects;
  const pod = deployment.spec.template;
  const [container] = pod.spec.containers;
  const option = Object.fromEntries(container.env.map(({ name, value }) => [name, value]));
  for (const [name, value] of Object.entries(option)) assert.equal(typeof value, "string", name);
  const drain = Number(option.TRILOOP_DRAIN_DELAY) + Number(option.TRILOOP_DRAIN_TIMEOUT);
  assert.ok(pod.spec.terminationGracePeriodSeconds > drain + 1, "it would be killed while it drains");
  const { readinessProbe: ready, livenessProbe: alive } = container;
  assert.ok(ready.periodSeconds * ready.failureThreshold < Number(option.TRILOOP_DRAIN_DELAY), "newcomers would still be sent there");
  assert.deepEqual([ready.httpGet.path, alive.httpGet.path], ["/readyz", "/healthz"]);
  assert.equal(Number(option.TRILOOP_PORT), container.ports[0].containerPort);
  for (const { matchLabels } of [deployment.spec.selector, budget.spec.selector, { matchLabels: service.spec.selector }]) {
    assert.deepEqual(matchLabels, pod.metadata.labels);
  }
});

test("each option in the file for Kubernetes is one of the program's", () => {
  const operations = readFileSync(new URL("../../docs/operations.md", import.meta.url), "utf8");
  if (!operations.includes("`--cluster`")) return; // of a version that has none
  for (const [, name] of readFileSync(kubernetes, "utf8").matchAll(/name: TRILOOP_([A-Z_]+)/g)) {
    const option = `--${name.toLowerCase().replaceAll("_", "-")}`;
    assert.ok(operations.includes(`\`${option}\``), option);
  }
});
