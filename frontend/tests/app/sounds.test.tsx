import { act } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { isNews, useSounds } from "../../src/app/use-sounds";
import { NoAnswer, api } from "../../src/lib/api";
import { changeSettings, readSettings } from "../../src/lib/settings";
import * as sound from "../../src/lib/sound";
import { PICTURE, draw, showPicture } from "../render";

function Heard() {
  useSounds();
  return null;
}

const play = vi.spyOn(sound, "play");
const trade = (id: string) => ({ [id]: { id, market: "BTC-USD", side: "BUY" as const, price: "86000", qty: "0.01" } });

beforeEach(() => {
  play.mockReset();
  vi.spyOn(api, "records").mockRejectedValue(new NoAnswer("no backend here"));
});
afterEach(() => changeSettings({ sounds: false }));

describe("sounds", () => {
  it("are off until somebody wants them", () => {
    expect([readSettings(null).sounds, readSettings('{"sounds":"yes"}').sounds, readSettings('{"sounds":true}').sounds]).toEqual([false, false, true]);
  });

  it("tell news from what was there at the first look", () => {
    expect([isNews(null, ["1"]), isNews(["1"], ["1"]), isNews(["1", "2"], ["2"]), isNews(["1"], ["1", "2"])]).toEqual([false, false, false, true]);
  });

  it("are heard once for a fill that comes while one looks, and not for those before", () => {
    changeSettings({ sounds: true });
    draw(<Heard />, { picture: { ...PICTURE, trades: trade("1") } });
    expect(play).not.toHaveBeenCalled();
    act(() => showPicture({ ...PICTURE, trades: { ...trade("1"), ...trade("2") } }));
    act(() => showPicture({ ...PICTURE, trades: { ...trade("1"), ...trade("2") } }));
    expect(play.mock.calls).toEqual([["fill"]]);
  });

  it("stay silent where they are not chosen", () => {
    draw(<Heard />, { picture: { ...PICTURE, trades: {} } });
    act(() => showPicture({ ...PICTURE, trades: trade("1") }));
    expect(play).not.toHaveBeenCalled();
  });
});
