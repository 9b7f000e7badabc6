import { ConfigPage } from "../../features/bot/ConfigPage";
import type { PageProps } from "../page-props";

/** Every setting of the bot. */
export default function ConfigurationPage({ market }: PageProps) {
  return <ConfigPage market={market} />;
}
