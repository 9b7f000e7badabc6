import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { EMPTY_VIEW, applyMessage } from "../../src/stream/apply-message";
import { mergePatch } from "../../src/stream/merge-patch";
import { type Picture, readMessage } from "../../src/stream/messages";

const vectors = <T>(name: string): T => JSON.parse(readFileSync(`../tests/vectors/${name}`, "utf8")) as T;

const PICTURE: Picture = { env: "paper", orders: { a: { market: "BTC-USD", side: "BUY" }, b: { market: "BTC-USD", side: "SELL" } }, metrics: { fills: 1 } };
const live = applyMessage(EMPTY_VIEW, { type: "snapshot", seq: 10, data: PICTURE }, 1000);

describe("a JSON merge patch", () => {
  // The example table of RFC 7396, appendix A, which the server's tests read, too.
  it.each(vectors<{ target: unknown; patch: unknown; result: unknown }[]>("merge_patches.json"))("turns $target with $patch into $result", ({ target, patch, result }) => {
    expect(mergePatch(target, patch)).toEqual(result);
  });

  it("keeps the identity of what it does not touch", () => {
    const next = mergePatch(PICTURE, { metrics: { fills: 2 } }) as Picture;
    expect(next.orders).toBe(PICTURE.orders);
    expect(next.metrics).not.toBe(PICTURE.metrics);
    expect(mergePatch(PICTURE, { metrics: { fills: 1 } })).toBe(PICTURE);
  });

  it("cannot reach a prototype", () => {
    const next = mergePatch({}, JSON.parse('{"__proto__": {"polluted": true}}')) as Record<string, unknown>;
    expect(next.polluted).toBeUndefined();
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe("folding the stream", () => {
  it("goes live with a snapshot", () => {
    expect(live).toEqual({ status: "live", seq: 10, picture: PICTURE, receivedMs: 1000, gap: null });
  });

  it("applies the next diff and forgets a removed order", () => {
    const next = applyMessage(live, { type: "diff", seq: 11, data: { orders: { a: null } } }, 1200);
    expect(next).toMatchObject({ status: "live", seq: 11, receivedMs: 1200 });
    expect(Object.keys(next.picture?.orders ?? {})).toEqual(["b"]);
  });

  it.each([12, 10, 9])("becomes stale, with both numbers, when %i comes after 10, and changes nothing", (seq) => {
    const next = applyMessage(live, { type: "diff", seq, data: { orders: null } }, 1200);
    expect(next).toMatchObject({ status: "stale", seq: 10, gap: { expected: 11, got: seq } });
    expect(next.picture).toBe(PICTURE);
  });

  it("stays stale until a snapshot, whatever diffs follow the gap", () => {
    const gap = applyMessage(live, { type: "diff", seq: 13, data: {} }, 1200);
    expect(applyMessage(gap, { type: "diff", seq: 11, data: {} }, 1300).status).toBe("stale");
    expect(applyMessage(gap, { type: "snapshot", seq: 20, data: {} }, 1400)).toMatchObject({ status: "live", seq: 20, gap: null });
  });
});

describe("a session recorded from the server", () => {
  const session = vectors<{ messages: unknown[]; pictures: Record<string, unknown> }>("broadcast_session.json");
  const messages = session.messages.map((message) => readMessage(JSON.stringify(message)));

  it("adds up to the pictures that the server held", () => {
    let view = EMPTY_VIEW;
    const compared = new Set<number>();
    for (const message of messages) {
      if (!message) throw new Error("a message of the server was not understood");
      view = applyMessage(view, message, 1000);
      expect(view.status).toBe("live");
      const expected = session.pictures[String(view.seq)];
      if (expected === undefined) continue;
      expect(view.picture).toEqual(expected);
      compared.add(view.seq ?? 0);
    }
    expect(compared.size).toBe(Object.keys(session.pictures).length);
    expect(compared.size).toBeGreaterThanOrEqual(10);
  });

  it("is stale from a lost message on, until the next snapshot heals it", () => {
    let view = EMPTY_VIEW;
    const statuses = new Set<string>();
    messages.forEach((message, number) => {
      if (!message || number === 30) return;
      view = applyMessage(view, message, 1000);
      if (number > 30) statuses.add(view.status);
      if (number > 30 && message.type === "snapshot") expect(view.status).toBe("live");
    });
    expect(statuses).toEqual(new Set(["stale", "live"]));
    const last = Math.max(...Object.keys(session.pictures).map(Number));
    expect(view.seq).toBeGreaterThanOrEqual(last - 1);
  });
});

describe("the envelope", () => {
  it.each(["", "no json", "[]", "null", '{"type":"diff","seq":1}', '{"type":"diff","seq":"1","data":{}}', '{"type":"hello","seq":1,"data":{}}', '{"type":"snapshot","seq":1,"data":[]}'])("refuses %s", (text) => {
    expect(readMessage(text)).toBeNull();
  });

  it("takes snapshots and diffs", () => {
    expect(readMessage('{"type":"diff","seq":4,"data":{"a":null}}')).toEqual({ type: "diff", seq: 4, data: { a: null } });
  });
});
