import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import type { ReactElement } from "react";
import { cssVariables, theme } from "../src/app/theme";
import { StaleContext } from "../src/components/ui/stale";
import type { Language } from "../src/lib/format";
import { startWords } from "../src/lib/i18n";
import type { Picture } from "../src/stream/messages";
import { streamStore } from "../src/stream/store";

export const PICTURE: Picture = {
  env: "paper",
  bot: { state: "STOPPED", running: false, reason: null },
  config: { market: "BTC-USD", spread_percentage: 0.001, order_size: "0.01", refresh_interval: 5, price_move_threshold: 0.002, max_position: "0.05" },
  markets: { "BTC-USD": { tick_size: "1", lot_size: "0.00001", min_size: "0.0001", mark_price: "86198.85", best_bid: "86199", best_ask: "86201", quotes: { bid: "86112", ask: "86286" } } },
  positions: {}, balance: { availableForTrade: "10000" }, orders: {}, trades: {},
};

export function showPicture(picture: Picture): void {
  streamStore.setState({ view: { status: "live", seq: 1, picture, receivedMs: Date.now(), gap: null }, attempt: 0, nextAttemptMs: null }, true);
}

type Options = { picture?: Picture; language?: Language; stale?: string | null };

/** Draw a part of the screen on a given picture, as the app would. */
export function draw(element: ReactElement, { picture = PICTURE, language = "en", stale = null }: Options = {}) {
  startWords(language);
  showPicture(picture);
  return render(
    <MantineProvider theme={theme} cssVariablesResolver={cssVariables} forceColorScheme="dark">
      <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
        <StaleContext value={stale}>{element}</StaleContext>
      </QueryClientProvider>
    </MantineProvider>,
  );
}
