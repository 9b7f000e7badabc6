import { describe, expect, it } from "vitest";
import { withSample } from "../../src/stream/history";
import { latestPerFrame } from "../../src/stream/store";

describe("drawing", () => {
  it("lets the latest of a burst through once per frame", () => {
    const drawn: number[] = [];
    const frames: (() => void)[] = [];
    const publish = latestPerFrame<number>((value) => drawn.push(value), (run) => frames.push(run));
    for (let value = 0; value < 50; value += 1) publish(value);
    expect(frames).toHaveLength(1);
    frames.shift()?.();
    expect(drawn).toEqual([49]);
    publish(50);
    frames.shift()?.();
    expect(drawn).toEqual([49, 50]);
  });
});

describe("history for the chart", () => {
  const market = (mark: string, bid: string | null) => ({ markets: { "BTC-USD": { mark_price: mark, quotes: { bid, ask: null } } } });

  it("replaces a sample of the same second and keeps a missing quote missing", () => {
    let history = withSample({}, market("100", "99"), 5000);
    history = withSample(history, market("101", null), 5900);
    history = withSample(history, market("102", "98"), 6000);
    expect(history["BTC-USD"]).toMatchObject([{ second: 5, mark: 101, bid: null, ask: null }, { second: 6, mark: 102, bid: 98, ask: null }]);
  });

  it("ignores a clock that jumps back", () => {
    const history = withSample({}, market("100", "99"), 9000);
    expect(withSample(history, market("1", "1"), 4000)["BTC-USD"]).toHaveLength(1);
  });
});
