import type { IconName } from "../../components/ui/Icon";
import type { Owner } from "../../stream/messages";

export const OWNER_ICON = { bot: "bot", hand: "hand", foreign: "person" } as const satisfies Record<Owner, IconName>;

/** Whose an order is, by the id it carries: mmb- the bot's, mmh- by hand, anything else of another program. */
export function ownerOfId(id: string | null | undefined): Owner {
  if (id?.startsWith("mmb-")) return "bot";
  return id?.startsWith("mmh-") ? "hand" : "foreign";
}

export function asOwner(word: string): Owner {
  const lower = word.toLowerCase();
  return lower === "bot" || lower === "hand" ? lower : "foreign";
}
