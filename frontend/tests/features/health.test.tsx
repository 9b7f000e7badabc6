import { screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { HealthStrip } from "../../src/features/health/HealthStrip";
import { acknowledgements, lagFace } from "../../src/features/health/speed-face";
import { PICTURE, draw } from "../render";

describe("how fast the bot is", () => {
  it("calls a quarter of a second slow and a whole one late", () => {
    expect([60, 249, 250, 999, 1000].map(lagFace)).toEqual(["plain", "plain", "slow", "slow", "stale"]);
  });

  it("leaves out a kind of request that was never sent", () => {
    expect(acknowledgements(undefined)).toEqual([]);
    expect(acknowledgements({ place_ms_p50: 31, place_ms_p99: 58 })).toEqual([{ kind: "place", median: 31, slowest: 58 }]);
  });

  it("stands in the strip at the bottom", () => {
    draw(<HealthStrip market="BTC-USD" />, { picture: { ...PICTURE, metrics: { loop_lag_ms: 52, place_ms_p50: 31, place_ms_p99: 58.4, cancel_ms_p50: 12, cancel_ms_p99: 20 } } });
    const words = (id: string) => screen.getByTestId(id).textContent?.replaceAll("\u00a0", " ");
    expect([words("lag"), words("ack-place"), words("ack-cancel")]).toEqual(["Loop lag 52 ms", "Place p50 / p99 31 ms / 58 ms", "Cancel p50 / p99 12 ms / 20 ms"]);
  });

  it("says nothing of times that the picture lacks", () => {
    draw(<HealthStrip market="BTC-USD" />);
    expect(screen.queryByTestId("lag")).toBeNull();
    expect(screen.queryByTestId("ack-place")).toBeNull();
  });
});
