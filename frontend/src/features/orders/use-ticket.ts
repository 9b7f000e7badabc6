import { useState } from "react";
import type { TimeInForce } from "../../lib/api-schema";
import type { OrderDraft } from "./order-form";

/** A price picked elsewhere (the book) for the ticket; `at` tells two equal picks apart. */
export type Pick = { readonly price: string; readonly side: "BUY" | "SELL" | null; readonly at: number };

const FRESH: OrderDraft = { side: "BUY", price: "", size: "", timeInForce: "POST_ONLY" as TimeInForce, reduceOnly: false };

export type Ticket = {
  readonly draft: OrderDraft;
  readonly touched: boolean;
  readonly change: (part: Partial<OrderDraft>) => void;
};

/** What is typed in the ticket. A new market empties the price and keeps the rest; a pick fills it. */
export function useTicket(market: string, pick: Pick | null, firstSize: string): Ticket {
  const [draft, setDraft] = useState<OrderDraft>({ ...FRESH, size: firstSize });
  const [seen, setSeen] = useState<{ market: string; pick: Pick | null; size: string }>({ market, pick: null, size: firstSize });
  const [touched, setTouched] = useState(false);
  if (seen.market !== market) {
    setSeen({ ...seen, market, pick });
    setDraft({ ...draft, price: "" });
  } else if (pick && seen.pick?.at !== pick.at) {
    setSeen({ ...seen, pick });
    setTouched(true);
    setDraft({ ...draft, price: pick.price, side: pick.side ?? draft.side });
  } else if (draft.size === "" && firstSize !== "" && seen.size !== firstSize) {
    setSeen({ ...seen, size: firstSize });
    setDraft({ ...draft, size: firstSize });
  }
  const change = (part: Partial<OrderDraft>) => {
    setTouched(true);
    setDraft((last) => ({ ...last, ...part }));
  };
  return { draft, touched, change };
}
