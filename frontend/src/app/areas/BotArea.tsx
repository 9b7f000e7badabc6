import { AllMarkets } from "../../features/bot/AllMarkets";
import { BotSwitch } from "../../features/bot/BotSwitch";

/** The bot's switch and all markets. */
export function BotArea({ market }: { market: string }) {
  return (
    <>
      <BotSwitch market={market} />
      <AllMarkets market={market} />
    </>
  );
}
